import { describe, expect, it } from 'vitest';
import { type Asker, hearing, requireOwnPage } from './own-page.ts';

const order = 'c0ffee00-0000-4000-8000-000000000001';
const asker = (changes: Partial<Asker>, headers: Asker['headers'] = {}): Asker => ({
  method: 'POST',
  ip: '127.0.0.1',
  headers: { host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080', ...headers },
  ...changes,
});
const upgrade = { upgrade: 'websocket' };

describe('a request', () => {
  it.each([
    ['of a page that desk served', asker({})],
    ['of such a page for the stream', asker({ method: 'GET' }, upgrade)],
    ['of no page', asker({}, { origin: undefined })],
    ['over IPv6', asker({ ip: '::1' }, { host: '[::1]:8080', origin: 'http://[::1]:8080' })],
    [
      'from the neighbourhood, by any name',
      asker({ ip: '192.168.1.7' }, { host: 'bar:8080', origin: 'http://bar:8080' }),
    ],
    ['of a foreign page that only reads', asker({ method: 'GET' }, { origin: 'http://evil.test' })],
  ])('%s is let in', (_what, one) => {
    expect(() => requireOwnPage(one)).not.toThrow();
  });

  it.each([
    ['of a foreign page', asker({}, { origin: 'http://evil.test' })],
    ['of a foreign page for the stream', asker({ method: 'GET' }, { ...upgrade, origin: 'http://evil.test' })],
    ['of a page without an origin of its own', asker({}, { origin: 'null' })],
    ['of a page on another port', asker({}, { origin: 'http://127.0.0.1:8081' })],
    ['under a foreign name that points here', asker({}, { host: 'evil.test', origin: 'http://evil.test' })],
    ['under such a name that only reads', asker({ method: 'GET' }, { host: '127.0.0.1.evil.test', origin: undefined })],
    ['without a host', asker({}, { host: undefined, origin: undefined })],
  ])('%s is refused', (_what, one) => {
    expect(() => requireOwnPage(one)).toThrow('message/not-authentic');
  });
});

describe('who listens', () => {
  it('on the machine hears of every order, unless it names some', () => {
    expect(hearing({ ip: '::ffff:127.0.0.1', query: {} })(order)).toBe(true);
    expect(hearing({ ip: '127.0.0.1', query: { order } })(order)).toBe(true);
    expect(hearing({ ip: '127.0.0.1', query: { order: 'none' } })(order)).toBe(false);
  });

  it('from elsewhere hears only of the orders that it names', () => {
    const from = (query: unknown): boolean => hearing({ ip: '192.168.1.7', query })(order);
    expect([from({}), from(undefined), from({ order: '' }), from({ order: ['x', 7] })]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([from({ order }), from({ order: ['x', order] })]).toEqual([true, true]);
  });

  it('cannot name so many that one will fit', () => {
    const others = Array.from({ length: 8 }, (_, n) => order.replace(/1$/, `${n + 2}`.slice(-1)));
    expect(hearing({ ip: '10.0.0.1', query: { order: [...others, order] } })(order)).toBe(false);
  });
});
