import { describe, expect, it } from 'vitest';
import { sampleOrder } from '../state/sample-order.ts';
import { deskClient, Refused } from './desk-client.ts';

const problemOf = async (call: Promise<unknown>) => {
  const error: unknown = await call.catch((reason: unknown) => reason);
  return error instanceof Refused ? error.problem : error;
};

describe('asking desk', () => {
  it('reads the answer', async () => {
    const client = deskClient('', (url) => {
      expect(url).toBe('/api/orders/x');
      return Promise.resolve(Response.json(sampleOrder));
    });
    expect(await client.order('x')).toEqual(sampleOrder);
  });

  it('hands on the problem of a refusal', async () => {
    const problem = { code: 'machine/busy', facts: { order: '3' } };
    const client = deskClient('', () => Promise.resolve(Response.json(problem, { status: 409 })));
    expect(await problemOf(client.ask('x', 'start'))).toEqual(problem);
  });

  it.each([
    ['nobody answers', () => Promise.reject(new TypeError('failed to fetch')), 'message/unavailable'],
    ['time runs out', () => Promise.reject(new DOMException('late', 'TimeoutError')), 'message/timed-out'],
    ['a stranger answers', () => Promise.resolve(new Response('<html>', { status: 502 })), 'message/unavailable'],
  ])('has a code for when %s', async (_when, send, code) => {
    expect(await problemOf(deskClient('', send).order('x'))).toEqual({ code, facts: {} });
  });
});
