import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { Failure } from '#shared/failure.ts';
import { commonName, parseCertificate, roleOid } from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import { readDer, readInput } from '../console/files.ts';

export interface Author {
  /** Common name of the certificate. */
  readonly name: string;
  readonly signer: Signer;
}

/**
 * An author with a P-256 key in a PEM file and a certificate for it.
 * @throws Failure `file/unreadable` (no such key, or a wrong passphrase), `recipe/key-mismatch`
 */
export async function readAuthor(
  keyFile: string,
  passphraseFile: string | undefined,
  certificateFile: string,
): Promise<Author> {
  const key = await readKey(keyFile, passphraseFile);
  const certificate = parseCertificate(await readDer(certificateFile));
  if (!certificate.checkPrivateKey(key)) throw new Failure('recipe/key-mismatch');
  if (!(certificate.keyUsage ?? []).includes(roleOid('author'))) {
    throw new Failure('usage/option-wrong', { option: '--author-cert', value: certificateFile });
  }
  return {
    name: commonName(certificate),
    signer: {
      algorithm: 'ES256',
      chain: [new Uint8Array(certificate.raw)],
      sign: (message) => Promise.resolve(new Uint8Array(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }))),
    },
  };
}

async function readKey(file: string, passphraseFile: string | undefined): Promise<KeyObject> {
  const pem = Buffer.from(await readInput(file));
  const passphrase = passphraseFile === undefined ? null : firstLine(await readInput(passphraseFile));
  try {
    const key = createPrivateKey(passphrase === null ? { key: pem } : { key: pem, passphrase });
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('not P-256');
    return key;
  } catch (error) {
    const missing = passphrase === null && pem.includes('ENCRYPTED');
    throw new Failure('file/unreadable', { path: file, reason: missing ? '--passphrase' : 'no P-256 key' }, error);
  } finally {
    pem.fill(0);
    passphrase?.fill(0);
  }
}

/** The bytes before the first line's end; `bytes` is wiped with what is answered. */
function firstLine(bytes: Uint8Array): Buffer {
  const end = bytes.indexOf(0x0a);
  return Buffer.from(bytes.buffer, bytes.byteOffset, end === -1 ? bytes.length : end);
}
