import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Failure } from '#shared/failure.ts';
import type { Scope } from '../accounts/accounts.ts';
import { clientCertificate } from './client-certificate.ts';
import type { Services } from './services.ts';

const wholeText = z
  .string()
  .regex(/^\d{1,10}$/)
  .transform(Number);

/** Parameters of a path that names a recipe. */
export const recipePath = z.strictObject({
  recipe: z.string().regex(/^[0-9a-f]{32}$/),
  version: wholeText.pipe(z.int().min(1).max(0xffff_ffff)),
});
export const listingsQuery = z.strictObject({ class: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/) });
export const afterQuery = z.strictObject({ after: wholeText });
export const noQuery = z.strictObject({});

/** `value` as `schema` has it; @throws Failure `message/malformed`, for unknown fields too. */
export function parsed<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Failure('message/malformed', { reason: `field ${result.error.issues[0]?.path.join('.') ?? ''}` });
}

/** The body as bytes; @throws Failure `message/malformed` when it came as something else. */
export function octets(request: FastifyRequest): Uint8Array {
  if (!(request.body instanceof Uint8Array)) throw new Failure('message/malformed', { reason: 'no octets' });
  return new Uint8Array(request.body);
}

/** Bytes of strict base64 text, line ends allowed as in RFC 7030 §4; @throws Failure `message/malformed`. */
export function base64(text: unknown): Uint8Array {
  const compact = typeof text === 'string' ? text.replaceAll(/[\r\n]/g, '') : '';
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) throw new Failure('message/malformed', { reason: 'not base64' });
  return new Uint8Array(Buffer.from(compact, 'base64'));
}

/** Bytes of base64url text without padding; @throws Failure `message/malformed`. */
export function base64url(text: unknown): Uint8Array {
  if (typeof text !== 'string' || !/^[A-Za-z0-9_-]+$/.test(text)) {
    throw new Failure('message/malformed', { reason: 'not base64url' });
  }
  return new Uint8Array(Buffer.from(text, 'base64url'));
}

/** The machine that the request's access token speaks for; @throws Failure `marketplace/not-authorised`. */
export function authenticated({ accounts }: Services, request: FastifyRequest, scope: Scope): Promise<string> {
  const bearer = /^Bearer ([\w.-]{1,8192})$/.exec(request.headers.authorization ?? '')?.[1];
  if (bearer === undefined) throw new Failure('marketplace/not-authorised', { reason: 'no bearer token' });
  return accounts.authenticate(bearer, scope, clientCertificate(request));
}
