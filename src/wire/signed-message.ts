import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { Failure, invariant } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { type TrustAnchors, type TrustedParty, verifyChain } from './certificate-chain.ts';
import { decodeSign1, encodeSign1, type Sign1, type Signer } from './cose-sign1.ts';
import { type MessageName, messages, type Payload } from './messages.ts';
import { verifySign1 } from './verify-sign1.ts';

/** A message whose signature, role and form are checked; made only here. */
export interface Authentic<N extends MessageName> {
  readonly name: N;
  readonly payload: Payload<N>;
  readonly from: TrustedParty;
  /** SHA-256 of the whole message. */
  readonly digest: Uint8Array;
  readonly bytes: Uint8Array;
}

/** RFC 8392 §4: registered claims have numbers. */
const claimNumbers: Readonly<Record<string, number>> = { iss: 1, sub: 2, exp: 4, nbf: 5, iat: 6, cti: 7 };
const claimNames = new Map(Object.entries(claimNumbers).map(([name, key]) => [key, name]));

/** The message as a COSE_Sign1; `signer` must be of the algorithm that the message type fixes. */
export async function sealMessage<N extends MessageName>(
  name: N,
  payload: Payload<N>,
  signer: Signer,
): Promise<Uint8Array> {
  const { schema, algorithm, maxBytes } = messages[name];
  invariant(signer.algorithm === algorithm, `${name} is signed with ${algorithm}`);
  const fields = schema.parse(payload) as Record<string, unknown>;
  const bytes = await encodeSign1(
    contentType(name),
    encodeCbor(name === 'LICENCE' ? toClaims(fields) : fields),
    signer,
  );
  invariant(bytes.length <= maxBytes, `${name} of ${bytes.length} bytes is too large`);
  return bytes;
}

/**
 * The payload of a signed message, checked in this order: size, strict CBOR, type, algorithm, role and chain,
 * signature, form.
 * @throws Failure `message/too-large`, `message/malformed`, `message/not-authentic`
 */
export function openMessage<N extends MessageName>(
  name: N,
  bytes: Uint8Array,
  anchors: TrustAnchors,
  at: Instant,
): Authentic<N> {
  const { role, algorithm, maxBytes } = messages[name];
  const message = decodeSign1(bytes, maxBytes);
  if (message.type !== contentType(name)) throw refused(`not a ${name}`);
  if (message.algorithm !== algorithm) throw refused(`${name} is never signed with ${message.algorithm}`);
  const from = verifyChain(message.chain, role, anchors, at);
  if (!verifySign1(message, from.key)) throw refused('the signature is wrong');
  return { name, payload: readPayload(name, message), from, digest: sha256(bytes), bytes };
}

function readPayload<N extends MessageName>(name: N, message: Sign1): Payload<N> {
  const { schema, maxBytes } = messages[name];
  const decoded = decodeCbor(message.payload, maxBytes);
  const parsed = (schema as unknown as z.ZodType<Payload<N>>).safeParse(
    name === 'LICENCE' ? fromClaims(decoded) : decoded,
  );
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new Failure('message/malformed', { reason: `${name} field ${at} is not as the schema says` });
  }
  return parsed.data;
}

/** SHA-256. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

function contentType(name: MessageName): string {
  return `application/decant-${name.toLowerCase().replaceAll('_', '-')}+cbor`;
}

function toClaims(fields: Record<string, unknown>): Map<string | number, unknown> {
  return new Map(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [claimNumbers[name] ?? name, value]),
  );
}

/** Registered claims under their numbers only; else the schema finds them missing, or unknown. */
function fromClaims(decoded: unknown): unknown {
  if (!(decoded instanceof Map)) return null;
  return Object.fromEntries(
    [...decoded].map(([key, value]) => [
      claimNames.get(key as number) ?? (key in claimNumbers ? `"${key}"` : key),
      value,
    ]),
  );
}

function refused(reason: string): Failure {
  return new Failure('message/not-authentic', { reason });
}
