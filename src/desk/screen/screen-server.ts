import fastifyStatic from '@fastify/static';
import fastifyWebsocket from '@fastify/websocket';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { slug } from '#wire/fields.ts';
import {
  type MenuView,
  menuView,
  newOrder,
  type OrderView,
  orderView as orderSchema,
  type ScreenEvent,
} from '#wire/screen-api.ts';
import type { ReceiptDocument } from './receipt-document.ts';

/** What the pages ask of desk. */
export interface ScreenDesk {
  menu(): MenuView;
  picture(slug: string): Uint8Array | null;
  orders(): OrderView[];
  take(order: z.infer<typeof newOrder>): Promise<OrderView>;
  find(id: string): OrderView;
  start(id: string): OrderView;
  cancel(id: string): OrderView;
  stop(id: string): Promise<OrderView>;
  receipt(id: string): Promise<ReceiptDocument>;
  /** Calls `listener` with every change until disposed. */
  onEvent(listener: (event: ScreenEvent) => void): Disposable;
}

export interface ScreenServerOptions {
  /** Folder of the built pages. */
  readonly pages: string;
  readonly log: Log;
}

const orderId = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Only what these pages need: their own scripts, styles, pictures and sockets. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

/** The touchscreen's server: pages, pictures, REST and the stream of changes. Not yet listening. */
export async function screenServer(desk: ScreenDesk, { pages, log }: ScreenServerOptions): Promise<FastifyInstance> {
  const server = Fastify({ logger: false, bodyLimit: 4096, forceCloseConnections: true });
  server.addHook('onSend', async (_request, reply) => {
    reply.headers(headers);
  });
  server.setErrorHandler((error: unknown, _request, reply) => {
    const failure = isFailure(error) ? error : new Failure('message/malformed');
    if (!isFailure(error) && !(typeof error === 'object' && error !== null && 'statusCode' in error)) {
      log.error('request broke', { reason: String(error) });
    }
    return reply.code(statusOf(failure)).send({ code: failure.code, facts: texts(failure.facts) });
  });
  await server.register(fastifyWebsocket, { options: { maxPayload: 1024 } });
  await server.register(fastifyStatic, { root: pages, cacheControl: false, index: 'index.html', setHeaders: cacheFor });
  readRoutes(server, desk);
  orderRoutes(server, desk);
  eventRoute(server, desk);
  return server;
}

/** Assets carry a hash in their name; the page that names them must be asked for again after an update. */
function cacheFor(reply: FastifyReply, path: string): void {
  reply.header('cache-control', path.endsWith('.html') ? 'no-cache' : 'public, max-age=86400, immutable');
}

function readRoutes(server: FastifyInstance, desk: ScreenDesk): void {
  server.get('/api/health', () => ({ ok: true }));
  server.get('/api/menu', () => menuView.parse(desk.menu()));
  server.get<{ Params: { name: string } }>('/pictures/:name', (request, reply) => {
    const name = slug.safeParse(request.params.name.replace(/\.svg$/, ''));
    const picture = name.success ? desk.picture(name.data) : null;
    if (picture === null) throw new Failure('recipe/unknown');
    return reply
      .header('content-type', 'image/svg+xml')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(Buffer.from(picture));
  });
}

function orderRoutes(server: FastifyInstance, desk: ScreenDesk): void {
  type ById = { Params: { id: string } };
  server.post('/api/orders', async (request) => {
    const order = newOrder.safeParse(request.body);
    if (!order.success) throw new Failure('message/malformed', { field: order.error.issues[0]?.path.join('.') ?? '' });
    return orderSchema.parse(await desk.take(order.data));
  });
  server.get<ById>('/api/orders/:id', (request) => orderSchema.parse(desk.find(idOf(request.params.id))));
  server.get<ById>('/api/orders/:id/receipt', (request) => desk.receipt(idOf(request.params.id)));
  server.post<ById>('/api/orders/:id/start', (request) => orderSchema.parse(desk.start(idOf(request.params.id))));
  server.post<ById>('/api/orders/:id/cancel', (request) => orderSchema.parse(desk.cancel(idOf(request.params.id))));
  server.post<ById>('/api/orders/:id/stop', async (request) =>
    orderSchema.parse(await desk.stop(idOf(request.params.id))),
  );
}

function eventRoute(server: FastifyInstance, desk: ScreenDesk): void {
  server.get('/api/events', { websocket: true }, (socket, request) => {
    // a page of another origin may not listen, and so not read who ordered what
    const { origin, host } = request.headers;
    if (origin !== undefined && new URL(origin).host !== host) {
      socket.close(1008);
      return;
    }
    const send = (event: ScreenEvent): void => socket.send(JSON.stringify(event));
    send({ type: 'menu', menu: desk.menu() });
    for (const order of desk.orders()) send({ type: 'order', order });
    const subscription = desk.onEvent(send);
    socket.once('close', () => subscription[Symbol.dispose]());
  });
}

function idOf(text: string): string {
  if (!orderId.test(text)) throw new Failure('order/unknown');
  return text;
}

function statusOf({ code }: Failure): number {
  if (code.endsWith('/unknown')) return 404;
  if (code.startsWith('message/')) return 400;
  return code.endsWith('unreachable') ? 503 : 409;
}

function texts(facts: Failure['facts']): Record<string, string> {
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]));
}
