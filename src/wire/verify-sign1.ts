import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { Failure } from '#shared/failure.ts';
import { type Sign1, type SignatureAlgorithm, toBeSigned } from './cose-sign1.ts';

/** Whether the signature is right under `key`, a public key of the algorithm's kind. */
export function verifySign1(message: Sign1, key: KeyObject, externalAad: Uint8Array = new Uint8Array(0)): boolean {
  return verifySignature(
    message.algorithm,
    key,
    toBeSigned(message.protectedHeader, externalAad, message.payload),
    message.signature,
  );
}

/** Whether `signature` over `message` is right under `key`; a key of another kind or size is never right. */
export function verifySignature(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  switch (algorithm) {
    case 'ES256':
      return (
        key.asymmetricKeyType === 'ec' &&
        key.asymmetricKeyDetails?.namedCurve === 'prime256v1' &&
        signature.length === 64 &&
        verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)
      );
    case 'PS256':
      return (
        key.asymmetricKeyType === 'rsa' &&
        (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 &&
        verify('sha256', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature)
      );
  }
}

/** The public key in DER SubjectPublicKeyInfo; @throws Failure `message/malformed`. */
export function publicKeyOf(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (error) {
    throw new Failure('message/malformed', { reason: 'not a public key' }, error);
  }
}
