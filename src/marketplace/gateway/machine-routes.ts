import type { FastifyReply, FastifyRequest } from 'fastify';
import { fromHex } from '#shared/entropy.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { offerRequest, timeRequest } from '#wire/marketplace-api.ts';
import type { Gateway } from './gateway-server.ts';
import { afterQuery, authenticated, listingsQuery, noQuery, octets, parsed, recipePath } from './request-parts.ts';
import type { Services } from './services.ts';

const maxMessageBytes = 128 * 1024;

type Answer = FastifyReply | object;
type Handler = (machine: string, request: FastifyRequest, reply: FastifyReply) => Promise<Answer>;

/** Routes for machines, over their TLS certificate and a token bound to it. */
export function addMachineRoutes(gateway: Gateway, services: Services): void {
  const as =
    (handler: Handler) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<Answer> =>
      handler(await authenticated(services, request, 'machine'), request, reply);
  const get = (path: string, handler: Handler): unknown => gateway.get(path, as(handler));
  const post = (path: string, handler: Handler): unknown =>
    gateway.post(path, { bodyLimit: maxMessageBytes }, as(handler));
  addShopRoutes(get, post, services);
  addLicenceRoutes(get, post, services);
  addStandingRoutes(post, services);
}

type AddRoute = (path: string, handler: Handler) => unknown;

function addShopRoutes(get: AddRoute, post: AddRoute, { catalogue, licensing, payments }: Services): void {
  get('/v1/listings', async (_machine, request) => ({
    listings: await catalogue.listings(parsed(listingsQuery, request.query).class),
  }));
  get('/v1/recipes/:recipe/:version/sealed', async (_machine, request, reply) =>
    send(reply, 'application/octet-stream', await catalogue.sealed(parsed(recipePath, request.params))),
  );
  get('/v1/recipes/:recipe/:version/picture', async (_machine, request, reply) => {
    reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    return send(reply, 'image/svg+xml', await catalogue.picture(parsed(recipePath, request.params)));
  });
  get('/v1/account', async (machine, request) => {
    parsed(noQuery, request.query);
    return { balance_sat: Number(await payments.balance(machine)) };
  });
  post('/v1/offers', async (machine, request, reply) =>
    send(reply, cose, await catalogue.offer(machine, parsed(offerRequest, request.body))),
  );
  post('/v1/orders', (machine, request) => licensing.order(machine, octets(request)));
}

function addLicenceRoutes(get: AddRoute, post: AddRoute, { licensing }: Services): void {
  get('/v1/licences', async (machine, request, reply) => {
    const { after } = parsed(afterQuery, request.query);
    return send(reply, 'application/cbor', encodeCbor(await licensing.licencesAfter(machine, after)));
  });
  post('/v1/prekeys', async (machine, request, reply) => {
    await licensing.prekeys(machine, octets(request));
    return reply.status(204).send();
  });
  post('/v1/acks', async (machine, request, reply) => {
    await licensing.acknowledge(machine, octets(request));
    return reply.status(204).send();
  });
  post('/v1/usages', async (machine, request, reply) =>
    send(reply, cose, await licensing.usage(machine, octets(request))),
  );
  post('/v1/void-claims', async (machine, request, reply) => {
    const refused = await licensing.voidClaim(machine, octets(request));
    return refused === null ? reply.status(202).send() : send(reply, cose, refused);
  });
  post('/v1/time', async (machine, request, reply) => {
    const { nonce } = parsed(timeRequest, request.body);
    return send(reply, cose, await licensing.time(machine, fromHex(nonce)));
  });
  get('/v1/status/1', async (_machine, request, reply) => {
    parsed(noQuery, request.query);
    return send(reply, cose, await licensing.statusList());
  });
}

/** Where a machine's journal stands, what a restored database has lost, and a machine's last word. */
function addStandingRoutes(post: AddRoute, { licensing, administration }: Services): void {
  post('/v1/heads', async (machine, request, reply) =>
    send(reply, cose, await licensing.head(machine, octets(request))),
  );
  post('/v1/recoveries', async (machine, request, reply) => {
    await licensing.recover(machine, octets(request));
    return reply.status(204).send();
  });
  post('/v1/decommissions', async (_machine, request, reply) => {
    await administration.decommission(octets(request));
    return reply.status(204).send();
  });
}

const cose = 'application/cose';

function send(reply: FastifyReply, type: string, bytes: Uint8Array): FastifyReply {
  return reply.type(type).send(Buffer.from(bytes));
}
