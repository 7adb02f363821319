import { Failure } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import { spkiOf, type TrustAnchors, uriNames, verifyChain } from '#wire/certificate-chain.ts';

/** The public half of the key that every token of one fleet holds; recipes are sealed to it. */
export interface ClassKey {
  /** Name of the fleet's class, for instance `demo-mixer`. */
  readonly class: string;
  readonly epoch: number;
  /** DER. */
  readonly spki: Uint8Array;
}

/** The URI name by which a class-key certificate says its class and epoch. */
export function classKeyUri(name: string, epoch: number): string {
  return `urn:decant:class-key:${name}?epoch=${epoch}`;
}

/**
 * The class key in a certificate (leaf first) under a maker's root. The anchors must be those built into the sealer or
 * typed by a person, never ones that came beside the certificate: whoever chooses them can read the recipe's outer layer.
 * @throws Failure `recipe/not-authentic`
 */
export function readClassKey(chain: readonly Uint8Array[], anchors: TrustAnchors, at: Instant): ClassKey {
  const party = trusted(() => verifyChain(chain, 'class-key', anchors, at));
  for (const uri of uriNames(party.certificate)) {
    const found = /^urn:decant:class-key:([a-z0-9][a-z0-9-]{0,62})\?epoch=([1-9]\d{0,8})$/.exec(uri);
    if (found) return { class: found[1] ?? '', epoch: Number(found[2]), spki: spkiOf(party.key) };
  }
  throw new Failure('recipe/not-authentic', { reason: 'a class key without class and epoch' });
}

function trusted<T>(verify: () => T): T {
  try {
    return verify();
  } catch (error) {
    throw new Failure('recipe/not-authentic', { reason: 'not a class key of the maker' }, error);
  }
}
