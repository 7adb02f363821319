import { bits, bytesOf, fromDer, integer, nothing, oid, sequence, tagged, toDer, type Asn1 } from './der.ts';
import type { SignatureAlgorithm, Token } from './token.ts';

/** Whoever signs a certificate or a request: a key in a token, or one in memory in tests. */
export interface CertificateSigner {
  readonly algorithm: SignatureAlgorithm;
  /** A signature over `message` in the form of `Token.sign`. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** The key `label` in `token` as a signer. */
export function tokenSigner(
  token: Pick<Token, 'sign'>,
  label: string,
  algorithm: SignatureAlgorithm,
): CertificateSigner {
  return { algorithm, sign: (message) => token.sign(label, algorithm, message) };
}

const sha256 = (): Asn1 => sequence(oid('2.16.840.1.101.3.4.2.1'), nothing());

/** AlgorithmIdentifier of a signature (RFC 4055 §3.1 and §5, RFC 5758 §3.2). */
export function algorithmIdentifier(algorithm: SignatureAlgorithm): Asn1 {
  switch (algorithm) {
    case 'RS256':
      return sequence(oid('1.2.840.113549.1.1.11'), nothing());
    case 'PS256':
      return sequence(
        oid('1.2.840.113549.1.1.10'),
        sequence(
          tagged(0, [sha256()]),
          tagged(1, [sequence(oid('1.2.840.113549.1.1.8'), sha256())]),
          tagged(2, [integer(Uint8Array.of(32))]),
        ),
      );
    case 'ES256':
      return sequence(oid('1.2.840.10045.4.3.2'));
  }
}

/** `content` signed: SEQUENCE {content, algorithm, signature}, DER. */
export async function signed(content: Asn1, signer: CertificateSigner): Promise<Uint8Array> {
  const signature = await signer.sign(toDer(content));
  const encoded = signer.algorithm === 'ES256' ? ecdsaSignature(signature) : signature;
  return toDer(sequence(content, algorithmIdentifier(signer.algorithm), bits(encoded)));
}

/** SEQUENCE {r, s} of `r ‖ s` (RFC 3279 §2.2.3). */
function ecdsaSignature(raw: Uint8Array): Uint8Array {
  return toDer(sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32))));
}

/** The subjectPublicKey bits of a SubjectPublicKeyInfo. @throws Error when it is none */
export function publicKeyBits(spki: Uint8Array): Uint8Array {
  const [, key] = fromDer(spki).value as Asn1[];
  return bytesOf(key).subarray(1);
}
