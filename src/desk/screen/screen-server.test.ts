import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import { silentLog } from '#shared/log.ts';
import { type MenuView, type OrderView, problemView, type ScreenEvent, screenEvent } from '#wire/screen-api.ts';
import { sampleOrder } from '../orders/testing/sample-order.ts';
import { orderView } from './order-view.ts';
import { type ScreenDesk, screenServer } from './screen-server.ts';

const view: OrderView = orderView(sampleOrder());
const { id } = view;
const menu: MenuView = {
  machine: { id: 'mixer-1', name: 'Bar' },
  drinks: [],
  demo_wallet: null,
  works: { cell: true, marketplace: true, payment: true, quarantined: false },
};

/** A desk that notes what it is asked and answers the same order, or fails. */
class FakeDesk implements ScreenDesk {
  readonly asked: string[] = [];
  failure: Error | null = null;
  view: OrderView = view;
  readonly listeners = new Set<(event: ScreenEvent) => void>();

  menu(): MenuView {
    return menu;
  }
  picture(slug: string): Uint8Array | null {
    return slug === 'lagoon' ? new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>') : null;
  }
  orders(): OrderView[] {
    return [view];
  }
  async take(order: { id: string; drink: string; voucher: string | null }): Promise<OrderView> {
    return this.#do(`take ${order.id} ${order.drink} ${order.voucher}`);
  }
  find(order: string): OrderView {
    return this.#do(`find ${order}`);
  }
  start(order: string): OrderView {
    return this.#do(`start ${order}`);
  }
  cancel(order: string): OrderView {
    return this.#do(`cancel ${order}`);
  }
  async stop(order: string): Promise<OrderView> {
    return this.#do(`stop ${order}`);
  }

  async hold(order: string): Promise<OrderView> {
    return this.#do(`hold ${order}`);
  }

  async resume(order: string): Promise<OrderView> {
    return this.#do(`resume ${order}`);
  }
  async receipt(order: string): Promise<never> {
    return this.#do(`receipt ${order}`) as never;
  }
  onEvent(listener: (event: ScreenEvent) => void): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => this.listeners.delete(listener) };
  }

  #do(what: string): OrderView {
    this.asked.push(what);
    if (this.failure !== null) throw this.failure;
    return this.view;
  }
}

let pages: string;
beforeAll(async () => {
  pages = await mkdtemp(join(tmpdir(), 'decant-pages-'));
  await writeFile(join(pages, 'index.html'), '<!doctype html><title>Decant</title>');
  await writeFile(join(pages, 'app-1a2b.js'), '');
});
afterAll(() => rm(pages, { recursive: true }));

let desk: FakeDesk;
let server: FastifyInstance;
beforeEach(async () => {
  desk = new FakeDesk();
  server = await screenServer(desk, { pages, log: silentLog });
});
afterEach(() => server.close());

const ask = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, more: InjectOptions = {}) =>
  server.inject({ method, url, ...more });
const order = (payload: object | string) =>
  ask('POST', '/api/orders', { payload, headers: { 'content-type': 'application/json' } });

describe('the server of the touchscreen', () => {
  it('takes an order', async () => {
    const answer = await order({ id, drink: 'lagoon', voucher: null });
    expect([answer.statusCode, answer.json()]).toEqual([200, view]);
    expect(desk.asked).toEqual([`take ${id} lagoon null`]);
  });

  it.each([
    ['no body', ''],
    ['no JSON', '{'],
    ['a list', []],
    ['nothing in it', {}],
    ['a field too many', { id, drink: 'lagoon', voucher: null, price_sat: 1 }],
    ['a field too few', { id, drink: 'lagoon' }],
    ['an id that is none', { id: '1', drink: 'lagoon', voucher: null }],
    ['an id in capitals', { id: id.toUpperCase(), drink: 'lagoon', voucher: null }],
    ['a path for a drink', { id, drink: '../lagoon', voucher: null }],
    ['a voucher too long', { id, drink: 'lagoon', voucher: 'x'.repeat(41) }],
    ['a number for a voucher', { id, drink: 'lagoon', voucher: 7 }],
    ['a prototype', '{"__proto__": {"x": 1}, "id": "1"}'],
  ])('refuses an order with %s', async (_what, body) => {
    const answer = await order(body);
    expect(answer.statusCode).toBe(400);
    expect(problemView.parse(answer.json()).code).toBe('message/malformed');
    expect(desk.asked).toEqual([]);
  });

  it('refuses bodies of other types and large ones', async () => {
    const form = await ask('POST', '/api/orders', { payload: 'id=1', headers: { 'content-type': 'text/plain' } });
    expect([form.statusCode < 500, form.json<{ code: string }>().code]).toEqual([true, 'message/malformed']);
    const large = await order({ id, drink: 'x'.repeat(5000), voucher: null });
    expect([large.statusCode, large.json<{ code: string }>().code]).toEqual([413, 'message/too-large']);
    expect(desk.asked).toEqual([]);
  });

  it.each(['start', 'cancel', 'stop', 'hold', 'resume'])('passes on %s', async (what) => {
    const answer = await ask('POST', `/api/orders/${id}/${what}`);
    expect([answer.statusCode, answer.json()]).toEqual([200, view]);
    expect(desk.asked).toEqual([`${what} ${id}`]);
  });

  it('answers an order and its receipt to who knows its id', async () => {
    expect((await ask('GET', `/api/orders/${id}`)).json()).toEqual(view);
    expect((await ask('GET', `/api/orders/${id}/receipt`)).statusCode).toBe(200);
    expect(desk.asked).toEqual([`find ${id}`, `receipt ${id}`]);
  });

  it.each(['1', id.toUpperCase(), `${id}x`, '..%2f..', '%00', 'a'.repeat(90)])('knows no order %s', async (wrong) => {
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/receipt'],
      ['POST', '/start'],
      ['POST', '/cancel'],
      ['POST', '/stop'],
    ] as const) {
      const answer = await ask(method, `/api/orders/${wrong}${path}`);
      expect(answer.statusCode).toBe(404);
      expect(problemView.parse(answer.json()).code).toMatch(/unknown/);
    }
    expect(desk.asked).toEqual([]);
  });

  it('lists orders to nobody, and has no other routes', async () => {
    for (const [method, path] of [
      ['GET', '/api/orders'],
      ['GET', '/api/'],
      ['DELETE', `/api/orders/${id}`],
      ['PUT', `/api/orders/${id}`],
      ['POST', '/api/menu'],
      ['GET', '/%2e%2e/desk.sqlite'],
      ['GET', '/api/open-cases'],
    ] as const) {
      const answer = await ask(method, path);
      expect([path, answer.statusCode]).toEqual([path, 404]);
      expect(answer.json()).toEqual({ code: 'message/unknown-operation', facts: {} });
    }
  });

  const failures: [FailureCode, number][] = [
    ['order/unknown', 404],
    ['recipe/unknown', 404],
    ['order/wrong-state', 409],
    ['order/duplicate', 409],
    ['payment/voucher-unknown', 409],
    ['payment/voucher-used', 409],
    ['payment/voucher-locked', 429],
    ['order/too-many', 429],
    ['machine/not-feasible', 409],
    ['machine/cell-unreachable', 503],
    ['payment/unknown', 503],
  ];
  it.each(failures)('answers %s with status %d and the facts as text', async (code, status) => {
    desk.failure = new Failure(code, { minutes: 3, reason: 'x' });
    const answer = await ask('POST', `/api/orders/${id}/start`);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({ code, facts: { minutes: '3', reason: 'x' } });
  });

  it('tells nothing from inside when something breaks', async () => {
    desk.failure = new TypeError('cannot read secret of undefined at /opt/decant');
    const answer = await ask('GET', `/api/orders/${id}`);
    expect([answer.statusCode, answer.json()]).toEqual([500, { code: 'message/unavailable', facts: {} }]);
    desk.failure = null;
    desk.view = { ...view, key: 'x' } as OrderView;
    expect((await ask('GET', `/api/orders/${id}`)).statusCode).toBe(500);
  });

  it('sends every answer with the headers that keep its pages to themselves', async () => {
    for (const path of ['/', '/api/menu', '/api/health', '/none', `/api/orders/${id}`]) {
      const { headers } = await ask('GET', path);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('serves pictures that cannot run anything', async () => {
    const { headers, statusCode, body } = await ask('GET', '/pictures/lagoon.svg');
    expect([statusCode, headers['content-type'], body]).toEqual([
      200,
      'image/svg+xml',
      expect.stringContaining('<svg'),
    ]);
    expect(headers['content-security-policy']).toBe("default-src 'none'; style-src 'unsafe-inline'");
    for (const wrong of ['none.svg', '..%2fdesk.svg', 'LAGOON.svg', '.svg']) {
      expect((await ask('GET', `/pictures/${wrong}`)).statusCode).toBe(404);
    }
  });

  it('has its page asked for again after an update, and its assets kept', async () => {
    expect((await ask('GET', '/')).headers['cache-control']).toBe('no-cache');
    expect((await ask('GET', '/app-1a2b.js')).headers['cache-control']).toContain('immutable');
  });

  it('does nothing for a page of another origin', async () => {
    const headers = { origin: 'http://evil.test' };
    const answer = await ask('POST', `/api/orders/${id}/start`, { headers });
    expect([answer.statusCode, answer.json()]).toEqual([403, { code: 'message/not-authentic', facts: {} }]);
    expect((await ask('GET', '/api/menu', { headers: { host: 'evil.test' } })).statusCode).toBe(403);
    expect(desk.asked).toEqual([]);
  });
});

describe('the stream of changes', () => {
  let address: string;
  beforeEach(async () => {
    await server.listen({ host: '127.0.0.1', port: 0 });
    address = `127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  });

  /** Listens until `count` events have come, or the connection is refused. */
  function listen(count: number, path = '/api/events', origin?: string): Promise<ScreenEvent[] | 'refused'> {
    const headers = origin === undefined ? {} : { origin };
    // Node's own WebSocket takes headers beside the standard's protocols
    const socket = new WebSocket(`ws://${address}${path}`, { headers } as unknown as string[]);
    const events: ScreenEvent[] = [];
    return new Promise((resolve) => {
      socket.onerror = () => resolve('refused');
      socket.onclose = () => resolve('refused');
      socket.onmessage = ({ data }) => {
        events.push(screenEvent.parse(JSON.parse(String(data))));
        if (events.length < count) return;
        resolve(events);
        socket.close();
      };
    });
  }

  it('begins with the menu and the open orders', async () => {
    expect(await listen(2)).toEqual([
      { type: 'menu', menu },
      { type: 'order', order: view },
    ]);
  });

  it('goes on with each change, for as long as somebody listens', async () => {
    const heard = listen(3);
    await expect.poll(() => desk.listeners.size).toBe(1);
    for (const listener of desk.listeners) listener({ type: 'order', order: { ...view, percent: 40 } });
    expect(await heard).toHaveLength(3);
    await expect.poll(() => desk.listeners.size).toBe(0);
  });

  it('tells of the named orders alone', async () => {
    const other = id.replace(/1$/, '2');
    const heard = listen(2, `/api/events?order=${other}`);
    await expect.poll(() => desk.listeners.size).toBe(1);
    for (const listener of desk.listeners) {
      listener({ type: 'order', order: view });
      listener({ type: 'order', order: { ...view, id: other } });
    }
    expect(await heard).toMatchObject([{ type: 'menu' }, { type: 'order', order: { id: other } }]);
  });

  it('is open to its own page and to no other', async () => {
    expect(await listen(1, '/api/events', `http://${address}`)).toHaveLength(1);
    for (const origin of ['http://evil.test', 'null', 'http://127.0.0.1:1']) {
      expect(await listen(1, '/api/events', origin)).toBe('refused');
    }
  });

  it('leaves no connection open that asked for a stream elsewhere', async () => {
    for (const path of ['/api/menu', '/none', `/api/orders/${id}`]) expect(await listen(1, path)).toBe('refused');
    const open = (): Promise<number> =>
      new Promise((resolve) => server.server.getConnections((_, count) => resolve(count)));
    await expect.poll(open).toBe(0);
  });

  it('cuts off a page that talks', async () => {
    const socket = new WebSocket(`ws://${address}/api/events`);
    await new Promise((resolve) => {
      socket.onclose = resolve;
      socket.onopen = () => socket.send('x'.repeat(2000));
    });
    await expect.poll(() => desk.listeners.size).toBe(0);
  });
});
