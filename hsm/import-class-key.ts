import { createPublicKey, publicEncrypt, constants, createCipheriv } from 'node:crypto';
import { Failure } from '#shared/failure.ts';
import { sameBytes } from '#shared/entropy.ts';
import { destroyKey } from './destroy-key.ts';
import { findKey, readSpki, requireKey } from './key-objects.ts';
import { keyTemplates, receivedKek } from './key-templates.ts';
import type { Login } from './login.ts';
import { makeDurably } from './make-keys.ts';
import { oaep } from './mechanisms.ts';
import { Pkcs11Job } from './pkcs11-job.ts';
import type { ClassKeyDelivery } from './token.ts';
import { unwrapAesKey, unwrapRsaKey } from './unwrap-key.ts';

/** The machine's half of the class-key ceremony; see `Token.importClassKey`. */
export async function importClassKey(login: Login, delivery: ClassKeyDelivery): Promise<Uint8Array> {
  const { transportLabel, classKeyLabel } = delivery;
  requireKey(login, 'private', transportLabel);
  if (findKey(login, 'private', classKeyLabel)) {
    throw new Failure('token/failed', { operation: 'name key', reason: 'label is taken', label: classKeyLabel });
  }
  try {
    await unwrapClassKey(login, delivery);
    const spki = readSpki(login, classKeyLabel);
    await openTestPiece(login, classKeyLabel, spki);
    await destroyKey(login, transportLabel);
    return spki;
  } catch (error) {
    for (const label of [classKeyLabel, transportLabel]) {
      if (findKey(login, 'private', label)) await destroyKey(login, label);
    }
    throw error;
  }
}

function unwrapClassKey(login: Login, delivery: ClassKeyDelivery): Promise<void> {
  const { quirks, api } = login.cryptoki;
  return makeDurably(login, delivery.classKeyLabel, keyTemplates.unwrap, async (session) => {
    const transportKey = requireKey(login, 'private', delivery.transportLabel);
    // an unwrap template on the transport key does not reach the second step, so the KEK carries its own
    const kek = await unwrapAesKey(login, session, oaep, transportKey, delivery.wrappedKek, receivedKek(quirks));
    try {
      const mechanism = { mechanism: quirks.keyWrapPadded };
      const { wrappedKey, classKeyLabel } = delivery;
      return await unwrapRsaKey(login, session, mechanism, kek, wrappedKey, keyTemplates.unwrap, classKeyLabel);
    } finally {
      api.C_DestroyObject(session, kek);
    }
  });
}

/** Seals sixteen random bytes to the class key as an author would, and opens them: the halves belong together. */
async function openTestPiece(login: Login, label: string, spki: Uint8Array): Promise<void> {
  const contentKey = Buffer.from(login.entropy.bytes(32));
  const plaintext = login.entropy.bytes(16);
  const nonce = login.entropy.bytes(12);
  const aad = Buffer.from('class key test');
  const cipher = createCipheriv('aes-256-gcm', contentKey, nonce, { authTagLength: 16 }).setAAD(aad);
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const wrapped = publicEncrypt({ key, padding, oaepHash: 'sha1' }, contentKey);
  using job = new Pkcs11Job(login, () => undefined);
  const out = new Uint8Array(sealed.length);
  const length = await job.open(await job.unwrapContentKey(label, wrapped), nonce, aad, sealed, out);
  if (!sameBytes(out.subarray(0, length), plaintext)) {
    throw new Failure('token/failed', { operation: 'import class key', reason: 'test piece differs' });
  }
}
