import type { Clock } from '#shared/clock.ts';
import { type Entropy, hex } from '#shared/entropy.ts';
import type { Identity } from './identity.ts';

const lifeSeconds = 50;

/**
 * A client assertion (RFC 7523 §2.2) for the pinned issuer and nobody else, signed RS256 by the identity key. The cell
 * writes every claim itself: desk cannot have anything else signed.
 */
export async function clientAssertion(identity: Identity, clock: Clock, entropy: Entropy): Promise<string> {
  const now = Math.floor(clock.now() / 1000);
  const claims = {
    iss: identity.machine,
    sub: identity.machine,
    aud: identity.issuer,
    jti: hex(entropy.bytes(16)),
    iat: now,
    exp: now + lifeSeconds,
  };
  const input = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  const signature = await identity.signJwt(new TextEncoder().encode(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
