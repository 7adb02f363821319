import { type FastifyError, type FastifyRequest, fastify } from 'fastify';
import type { Clock } from '#shared/clock.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { commonName } from '#wire/certificate-chain.ts';
import { clientCertificate } from './client-certificate.ts';
import type { Gateway } from './gateway-server.ts';
import { addMachineRoutes } from './machine-routes.ts';
import { problemOf } from './problem.ts';
import { addPublicRoutes } from './public-routes.ts';
import { type RateLimit, RateLimiter, usualRateLimit } from './rate-limit.ts';
import type { Services } from './services.ts';

/** PEM certificate and key of the server, and the CA whose client certificates count. */
export interface GatewayTls {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa: string;
}

export interface GatewayPorts {
  readonly services: Services;
  readonly tls: GatewayTls;
  readonly clock: Clock;
  readonly log: Log;
  readonly rateLimit?: RateLimit;
}

export type { Gateway } from './gateway-server.ts';

const usualBodyLimit = 64 * 1024;

/** The only public face: TLS, a whitelist of routes, limits. It keeps nothing. */
export function makeGateway({ services, tls, clock, log, rateLimit = usualRateLimit }: GatewayPorts): Gateway {
  const gateway: Gateway = fastify({
    logger: false,
    bodyLimit: usualBodyLimit,
    routerOptions: { maxParamLength: 64 },
    requestTimeout: 30_000,
    https: {
      cert: tls.certificate,
      key: tls.key,
      ca: tls.clientCa,
      requestCert: true,
      // whoever has no certificate yet asks for one here; each route says whether it needs one
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
    },
  });
  acceptOwnBodies(gateway);
  limitRate(gateway, new RateLimiter(rateLimit, clock));
  answerProblems(gateway, log);
  addPublicRoutes(gateway, services);
  addMachineRoutes(gateway, services);
  return gateway;
}

function acceptOwnBodies(gateway: Gateway): void {
  gateway.removeContentTypeParser('text/plain');
  const binary = ['application/cose', 'application/octet-stream'];
  gateway.addContentTypeParser(binary, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  gateway.addContentTypeParser('application/pkcs10', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  gateway.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    const pairs = [...new URLSearchParams(body.toString())];
    const doubled = new Set(pairs.map(([name]) => name)).size !== pairs.length;
    if (doubled) done(new Failure('message/malformed', { reason: 'a parameter stands twice' }));
    else done(null, Object.fromEntries(pairs));
  });
}

function limitRate(gateway: Gateway, limiter: RateLimiter): void {
  gateway.addHook('onRequest', (request, _reply, done) => {
    if (limiter.admits(clientOf(request))) done();
    else done(new Failure('marketplace/too-many-requests', {}));
  });
}

function clientOf(request: FastifyRequest): string {
  const certificate = clientCertificate(request);
  return certificate === null ? `address:${request.ip}` : `machine:${commonName(certificate)}`;
}

function answerProblems(gateway: Gateway, log: Log): void {
  gateway.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = problemOf(error);
    const fields = { route: request.routeOptions.url ?? '', code: problem.code, reason: reasonOf(error) };
    if (problem.status >= 500) log.error('request-failed', { ...fields, stack: error.stack });
    else log.info('request-refused', fields);
    return reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  });
  gateway.setNotFoundHandler(() => {
    throw new Failure('message/unknown-operation', {});
  });
}

function reasonOf(error: unknown): string {
  return isFailure(error) ? error.message : String(error);
}
