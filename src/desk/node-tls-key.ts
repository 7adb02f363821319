import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { TlsKey } from './marketplace/enrolment.ts';

const generate = promisify(generateKeyPair);

/** A fresh RSA key of 2048 bits, by this process's own random numbers. */
export async function nodeTlsKey(): Promise<TlsKey> {
  const { publicKey, privateKey } = await generate('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { publicKey, privateKey };
}
