import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { algorithmIdentifier, type CertificateSigner, signed } from './certificate-signer.ts';
import { decodeName, encodeName, type SubjectName } from './certificates.ts';
import { bits, bytesOf, fromDer, integer, itemsOf, sequence, tagged, toDer } from './der.ts';
import type { SignatureAlgorithm } from './token.ts';

/** What a certificate is asked for. Everything else in the certificate is the CA's decision, so nothing else is read. */
export interface CertificateRequest {
  readonly subject: SubjectName;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
}

/** A PKCS#10 request (RFC 2986), DER, signed by the key that it names. */
export function buildCertificateRequest(request: CertificateRequest, signer: CertificateSigner): Promise<Uint8Array> {
  const version = integer(Uint8Array.of(0));
  return signed(sequence(version, encodeName(request.subject), fromDer(request.spki), tagged(0, [])), signer);
}

/**
 * Reads a request and checks that its sender has the private key (RS256, PS256 or ES256).
 * @throws Failure `message/malformed` when it is none, `message/not-authentic` when its signature is wrong
 */
export function readCertificateRequest(der: Uint8Array): CertificateRequest {
  const request = parse(der);
  if (!isSigned(request)) throw new Failure('message/not-authentic', { reason: 'certificate request' });
  return { subject: request.subject, spki: request.spki };
}

interface ParsedRequest extends CertificateRequest {
  readonly key: KeyObject;
  readonly content: Uint8Array;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}

function parse(der: Uint8Array): ParsedRequest {
  try {
    const [info, algorithm, signature] = itemsOf(fromDer(der));
    if (info === undefined || algorithm === undefined) throw new Error('too short');
    const [, subject, publicKey] = itemsOf(info);
    if (publicKey === undefined) throw new Error('no public key');
    const signatureBytes = bytesOf(signature).subarray(1);
    // the outermost wrapping is not signed: only its one encoding is let through
    if (!sameBytes(toDer(sequence(info, algorithm, bits(signatureBytes))), der)) throw new Error('not DER');
    const spki = toDer(publicKey);
    return {
      subject: decodeName(subject),
      spki,
      key: createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
      content: toDer(info),
      algorithm: algorithmOf(toDer(algorithm)),
      signature: signatureBytes,
    };
  } catch (error) {
    throw new Failure('message/malformed', { reason: 'certificate request' }, error);
  }
}

function algorithmOf(identifier: Uint8Array): SignatureAlgorithm {
  const algorithms = ['PS256', 'RS256', 'ES256'] as const;
  const found = algorithms.find((algorithm) => sameBytes(toDer(algorithmIdentifier(algorithm)), identifier));
  if (found === undefined) throw new Error('an algorithm that is not accepted');
  return found;
}

function isSigned({ key, content, algorithm, signature }: ParsedRequest): boolean {
  if (key.asymmetricKeyType !== (algorithm === 'ES256' ? 'ec' : 'rsa')) return false;
  const padding = algorithm === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : undefined;
  return verify('sha256', content, { key, ...padding }, signature);
}
