import type { FastifyReply, FastifyRequest } from 'fastify';
import { hex } from '#shared/entropy.ts';
import { clientCertificate } from './client-certificate.ts';
import type { Gateway } from './gateway-server.ts';
import { authenticated, base64, base64url, noQuery, octets, parsed, recipePath } from './request-parts.ts';
import type { Services } from './services.ts';

const maxSealedBytes = 8 * 1024 * 1024;
const maxListingBytes = 640 * 1024;

/** Routes for whoever has no TLS certificate of ours (yet): tokens, enrolment, authors. */
export function addPublicRoutes(gateway: Gateway, services: Services): void {
  const { accounts, licensing } = services;
  gateway.get('/health', () => ({ ok: true }));
  gateway.post('/oauth/token', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    return accounts.token(request.body, clientCertificate(request));
  });
  gateway.get('/v1/deposit-key', (_request, reply) =>
    reply.type('application/octet-stream').send(Buffer.from(licensing.depositCertificate)),
  );
  addEnrolmentRoutes(gateway, services);
  addAuthorRoutes(gateway, services);
}

/** RFC 7030, as far as desks need it. */
function addEnrolmentRoutes(gateway: Gateway, services: Services): void {
  const { licensing } = services;
  gateway.get('/.well-known/est/cacerts', (_request, reply) => sendBag(reply, licensing.caCertificates()));
  gateway.get('/v1/est/nonce', async (request) => {
    parsed(noQuery, request.query);
    const machine = await authenticated(services, request, 'est');
    return { nonce: hex(await licensing.estNonce(machine)) };
  });
  gateway.post('/.well-known/est/simpleenroll', async (request, reply) => {
    const machine = await authenticated(services, request, 'est');
    const grant = base64url(request.headers['decant-tls-grant']);
    return sendBag(reply, await licensing.enrol(machine, base64(request.body), grant));
  });
  // a machine that has no certificate yet; the owner's voucher speaks for it
  gateway.post('/.well-known/est/ldevid/simpleenroll', async (request, reply) => {
    const voucher = base64url(request.headers['decant-voucher']);
    return sendBag(reply, await services.accounts.enrolLdevid(base64(request.body), voucher));
  });
}

function sendBag(reply: FastifyReply, bag: Uint8Array): FastifyReply {
  return reply
    .type('application/pkcs7-mime; smime-type=certs-only')
    .header('content-transfer-encoding', 'base64')
    .send(Buffer.from(bag).toString('base64'));
}

/** Authors need no account here: what they send carries their signature. */
function addAuthorRoutes(gateway: Gateway, { catalogue, licensing }: Services): void {
  const done = async (reply: FastifyReply, work: Promise<void>): Promise<FastifyReply> => {
    await work;
    return reply.status(204).send();
  };
  const publish = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    done(reply, catalogue.publish(parsed(recipePath, request.params), octets(request)));
  gateway.put('/v1/recipes/:recipe/:version/sealed', { bodyLimit: maxSealedBytes }, publish);
  gateway.post('/v1/deposits', (request, reply) => done(reply, licensing.deposit(octets(request))));
  gateway.post('/v1/listings', { bodyLimit: maxListingBytes }, (request, reply) =>
    done(reply, catalogue.list(octets(request))),
  );
}
