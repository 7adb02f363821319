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
import { problemOf } from '../orders/order.ts';
import { hearing, orderId, requireOwnPage } from './own-page.ts';
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
  hold(id: string): Promise<OrderView>;
  resume(id: string): Promise<OrderView>;
  receipt(id: string): Promise<ReceiptDocument>;
  /** Calls `listener` with every change until disposed. */
  onEvent(listener: (event: ScreenEvent) => void): Disposable;
}

export interface ScreenServerOptions {
  /** Folder of the built pages. */
  readonly pages: string;
  readonly log: Log;
}

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
  server.addHook('onRequest', async (request) => requireOwnPage(request));
  server.addHook('onSend', async (request, reply) => {
    // what asked to become a socket and did not is nobody's connection any more
    if (request.headers.upgrade !== undefined) reply.raw.once('finish', () => request.raw.socket.destroySoon());
    for (const [name, value] of Object.entries(headers)) if (!reply.hasHeader(name)) reply.header(name, value);
  });
  server.setErrorHandler((error: unknown, _request, reply) => {
    const { status, failure } = refusalOf(error);
    if (status === 500)
      log.error('request broke', { reason: error instanceof Error ? (error.stack ?? '') : String(error) });
    return reply.code(status).send({ code: failure.code, facts: problemOf(failure).facts });
  });
  server.setNotFoundHandler((_request, reply) => {
    return reply.code(404).send({ code: 'message/unknown-operation', facts: {} });
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
    if (!orderId.test(order.data.id)) throw new Failure('message/malformed', { field: 'id' });
    return orderSchema.parse(await desk.take(order.data));
  });
  server.get<ById>('/api/orders/:id', (request) => orderSchema.parse(desk.find(idOf(request.params.id))));
  server.get<ById>('/api/orders/:id/receipt', (request) => desk.receipt(idOf(request.params.id)));
  server.post<ById>('/api/orders/:id/start', (request) => orderSchema.parse(desk.start(idOf(request.params.id))));
  server.post<ById>('/api/orders/:id/cancel', (request) => orderSchema.parse(desk.cancel(idOf(request.params.id))));
  for (const what of ['stop', 'hold', 'resume'] as const) {
    server.post<ById>(`/api/orders/:id/${what}`, async (request) =>
      orderSchema.parse(await desk[what](idOf(request.params.id))),
    );
  }
}

/** A page that does not read what it is sent is cut off. */
const unreadLimit = 1024 * 1024;

/**
 * The stream of changes. A page on the machine itself hears of every order; from elsewhere, where strangers can listen, of
 * those that it names by `?order=ID` alone: who knows an order's id may have its voucher.
 */
function eventRoute(server: FastifyInstance, desk: ScreenDesk): void {
  server.get('/api/events', { websocket: true }, (socket, request) => {
    const hearsOf = hearing(request);
    const send = (event: ScreenEvent): void => {
      if (event.type === 'order' && !hearsOf(event.order.id)) return;
      if (socket.bufferedAmount > unreadLimit) socket.terminate();
      else socket.send(JSON.stringify(event));
    };
    send({ type: 'menu', menu: desk.menu() });
    for (const order of desk.orders()) send({ type: 'order', order });
    const subscription = desk.onEvent(send);
    socket.once('close', () => subscription[Symbol.dispose]());
    socket.on('error', () => socket.terminate());
  });
}

function idOf(text: string): string {
  if (!orderId.test(text)) throw new Failure('order/unknown');
  return text;
}

/** What a request is answered with that was not done. */
function refusalOf(error: unknown): { readonly status: number; readonly failure: Failure } {
  if (isFailure(error)) return { status: statusOf(error), failure: error };
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : 500;
  if (status === 413) return { status, failure: new Failure('message/too-large') };
  if (typeof status === 'number' && status < 500) return { status, failure: new Failure('message/malformed') };
  return { status: 500, failure: new Failure('message/unavailable') };
}

function statusOf({ code }: Failure): number {
  switch (code) {
    case 'order/unknown':
    case 'recipe/unknown':
      return 404;
    case 'message/malformed':
      return 400;
    case 'message/not-authentic':
      return 403;
    case 'order/too-many':
    case 'payment/voucher-locked':
      return 429;
    case 'machine/cell-unreachable':
    case 'marketplace/unreachable':
    case 'payment/unknown':
      return 503;
    default:
      return 409;
  }
}
