import { readFile } from 'node:fs/promises';
import fastifyStatic from '@fastify/static';
import fastifyWebsocket from '@fastify/websocket';
import fastify from 'fastify';
import {
  type MenuView,
  type NewOrder,
  newOrder,
  type OrderView,
  orderView,
  type ProblemView,
  type ScreenEvent,
  screenEvent,
} from '#wire/screen-api.ts';
import { fakeMenu, fakePicture } from './fake-menu.ts';

/** A desk whose every move is made by the test. It checks what it says and hears against the wire's own schemas. */
export interface FakeDesk extends AsyncDisposable {
  readonly url: string;
  /** What the screen asked for, in order: `place sunrise`, `start`, `stop`, `cancel`. */
  readonly asked: readonly string[];
  readonly menu: MenuView;
  /** The order made last; @throws Error when there is none. */
  order(): OrderView;
  orderCount(): number;
  /** Changes the last order and tells every screen. */
  move(change: Partial<OrderView>): void;
  setMenu(change: Partial<MenuView>): void;
  /** The next request of an order is refused with this. */
  refuseNext(problem: ProblemView): void;
  /** Cuts every event stream; refuses new ones while `down`. */
  link(down: boolean): void;
}

const invoiceLastsMs = 10 * 60_000;

/** Serves the built screen in `dist` and the API of `screen-api.ts` on a free port of this machine. */
export async function fakeDesk(dist: string): Promise<FakeDesk> {
  const app = fastify({ forceCloseConnections: true });
  await app.register(fastifyWebsocket);
  await app.register(fastifyStatic, { root: dist });

  let menu = fakeMenu();
  let refusal: ProblemView | null = null;
  let down = false;
  const orders = new Map<string, OrderView>();
  const asked: string[] = [];
  const screens = new Set<{ send(text: string): void; terminate(): void }>();

  const push = (event: ScreenEvent): void => {
    const text = JSON.stringify(screenEvent.parse(event));
    for (const screen of screens) screen.send(text);
  };
  const last = (): OrderView => {
    const order = [...orders.values()].at(-1);
    if (order === undefined) throw new Error('no order yet');
    return order;
  };
  const change = (id: string, by: Partial<OrderView>): OrderView => {
    const order = orderView.parse({ ...orders.get(id), ...by });
    orders.set(id, order);
    push({ type: 'order', order });
    return order;
  };

  app.get('/api/menu', () => menu);
  app.get('/api/events', { websocket: true }, (socket) => {
    if (down) return socket.terminate();
    screens.add(socket);
    socket.on('close', () => screens.delete(socket));
    socket.send(JSON.stringify({ type: 'menu', menu }));
    for (const order of orders.values()) socket.send(JSON.stringify({ type: 'order', order }));
  });
  app.get('/pictures/:name', async (request, reply) => {
    const { name } = request.params as { name: string };
    const drink = menu.drinks.find(({ slug }) => `${slug}.svg` === name);
    if (drink === undefined) return reply.code(404).send();
    const drawn = await readFile(
      new URL(`../../recipes/samples/${drink.slug}/picture.svg`, import.meta.url),
      'utf8',
    ).catch(() => null);
    return reply.type('image/svg+xml').send(drawn ?? fakePicture(drink.accent));
  });
  app.get('/wallet', (request) => `wallet ${(request.query as { uri?: string }).uri ?? ''}`);
  app.post('/api/orders', (request, reply) => {
    const wanted = newOrder.parse(request.body);
    asked.push(`place ${wanted.drink}${wanted.voucher === null ? '' : ` ${wanted.voucher}`}`);
    const problem = refusal;
    refusal = null;
    if (problem !== null) return reply.code(409).send(problem);
    const known = orders.get(wanted.id) ?? orderView.parse(freshOrder(wanted, orders.size + 17, menu));
    orders.set(wanted.id, known);
    return known;
  });
  app.get('/api/orders/:id', (request, reply) => {
    const order = orders.get((request.params as { id: string }).id);
    return order ?? reply.code(404).send({ code: 'order/unknown', facts: {} });
  });
  app.post('/api/orders/:id/:what', (request, reply) => {
    const { id, what } = request.params as { id: string; what: string };
    const order = orders.get(id);
    if (order === undefined) return reply.code(404).send({ code: 'order/unknown', facts: {} });
    asked.push(what);
    return what === 'cancel' ? change(id, { state: 'cancelled' }) : order;
  });

  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    asked,
    get menu() {
      return menu;
    },
    order: last,
    orderCount: () => orders.size,
    move: (by) => {
      change(last().id, by);
    },
    setMenu: (by) => {
      menu = { ...menu, ...by };
      push({ type: 'menu', menu });
    },
    refuseNext: (problem) => {
      refusal = problem;
    },
    link: (isDown) => {
      down = isDown;
      if (down) for (const screen of screens) screen.terminate();
    },
    [Symbol.asyncDispose]: () => app.close(),
  };
}

function freshOrder(wanted: NewOrder, number: number, menu: MenuView): OrderView {
  const drink = menu.drinks.find(({ slug }) => slug === wanted.drink);
  const price = drink?.price_sat ?? 0;
  const address = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
  return {
    id: wanted.id,
    number,
    drink: wanted.drink,
    state: wanted.voucher === null ? 'payment' : 'licence',
    price_sat: price,
    invoice:
      wanted.voucher !== null
        ? null
        : {
            state: 'new',
            address,
            uri: `bitcoin:${address}?amount=${(price / 1e8).toFixed(8)}&label=Decant`,
            amount_sat: price,
            received_sat: 0,
            expires_at_ms: Date.now() + invoiceLastsMs,
          },
    percent: 0,
    problem: null,
    refund: null,
    receipt: null,
  };
}

/** The receipt of `order` after `delivered` microlitres. */
export function fakeReceipt(order: OrderView, delivered = 200_000): NonNullable<OrderView['receipt']> {
  return {
    order: order.id,
    number: order.number,
    drink: order.drink,
    at_ms: Date.UTC(2026, 8, 14, 18, 32),
    ordered_ul: 200_000,
    delivered_ul: delivered,
    licence: '5f0c2a9be1d84c77a1b09d3e6f215c48',
    price_sat: order.price_sat,
    licence_sat: 3_000,
    split: { licensor_sat: 2_700, marketplace_sat: 300 },
    txid: 'b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082',
    usage: 'hEOhASY',
    usage_accepted: true,
  };
}
