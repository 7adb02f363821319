import { beforeEach, describe, expect, it } from 'vitest';
import { encodeCbor } from '#wire/cbor.ts';
import type { HttpsAnswer, HttpsRequest } from './https-client.ts';
import { type MarketplaceClient, marketplaceClient } from './marketplace-client.ts';
import { requireOk } from './problem.ts';

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const problem = (code: string, status = 409): HttpsAnswer => ({
  status,
  body: text({ type: `urn:decant:problem:${code}`, title: 'Refused', status, code }),
});

describe('the client of the marketplace', () => {
  let answer: HttpsAnswer;
  let asked: HttpsRequest[];
  let client: MarketplaceClient;
  beforeEach(() => {
    asked = [];
    answer = { status: 200, body: new Uint8Array(0) };
    client = marketplaceClient({
      request: async (request) => {
        asked.push(request);
        return answer;
      },
      credential: () => Promise.reject(new Error('not asked for')),
      onRenewed: () => undefined,
    });
  });

  it('passes signed messages as bytes', async () => {
    const message = Uint8Array.of(1, 2);
    answer = { status: 200, body: Uint8Array.of(3) };
    expect(await client.usage(message)).toEqual(Uint8Array.of(3));
    expect(asked).toEqual([
      { method: 'POST', path: '/v1/usages', headers: { 'content-type': 'application/cose' }, body: message },
    ]);
  });

  it('knows a licence that follows from a claim that was refused', async () => {
    answer = { status: 202, body: new Uint8Array(0) };
    expect(await client.voidClaim(Uint8Array.of(1))).toBeNull();
    answer = { status: 200, body: Uint8Array.of(9) };
    expect(await client.voidClaim(Uint8Array.of(1))).toEqual(Uint8Array.of(9));
  });

  it('reads the licences that wait', async () => {
    answer = { status: 200, body: encodeCbor([Uint8Array.of(1), Uint8Array.of(2)]) };
    expect(await client.licencesAfter(7)).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    expect(asked[0]?.path).toBe('/v1/licences?after=7');
  });

  it.each([
    ['no CBOR', Uint8Array.of(0xff)],
    ['nothing', new Uint8Array(0)],
    ['a map', encodeCbor({})],
    ['a text among them', encodeCbor([Uint8Array.of(1), 'two'])],
  ])('refuses %s for licences', async (_what, body) => {
    answer = { status: 200, body };
    await expect(client.licencesAfter(0)).rejects.toMatchObject({ code: 'message/malformed' });
  });

  it.each([
    ['listings', () => client.listings('beverage'), { listings: [{ recipe: '1' }] }],
    ['an order', () => client.order(new Uint8Array(1)), { seq: 0, charged_sat: 1, split: {} }],
    ['an order with more in it', () => client.order(new Uint8Array(1)), { seq: 1, charged_sat: 1, split: {}, key: 1 }],
  ])('refuses an answer in another form for %s', async (_what, ask, body) => {
    answer = { status: 200, body: text(body) };
    await expect(ask()).rejects.toMatchObject({ code: 'message/malformed' });
  });

  it('leaves the path alone whatever the class is called', async () => {
    answer = { status: 200, body: text({ listings: [] }) };
    expect(await client.listings('a/b?c&d')).toEqual([]);
    expect(asked[0]?.path).toBe('/v1/listings?class=a%2Fb%3Fc%26d');
  });
});

describe('a refusal of the marketplace', () => {
  it.each([
    ['its code', problem('payment/balance-low', 402), 'payment/balance-low'],
    ['a code of a newer release', problem('future/thing'), 'marketplace/refused'],
    ['no problem document', { status: 500, body: text('oops') }, 'marketplace/refused'],
    [
      'a document with more in it',
      { status: 409, body: text({ code: 'payment/balance-low', sql: 'x' }) },
      'marketplace/refused',
    ],
    ['HTML', { status: 502, body: new TextEncoder().encode('<html>') }, 'marketplace/refused'],
    ['a 401 without words', { status: 401, body: new Uint8Array(0) }, 'marketplace/not-authorised'],
    ['a redirection', { status: 302, body: new Uint8Array(0) }, 'marketplace/refused'],
  ])('with %s', (_what, answer, code) => {
    expect(() => requireOk(answer)).toThrow(code);
  });

  it('is none when the answer is good', () => {
    expect(requireOk({ status: 204, body: new Uint8Array(0) })).toEqual(new Uint8Array(0));
  });
});
