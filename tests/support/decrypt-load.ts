import { randomBytes } from 'node:crypto';
import { bufferOf } from '#hsm/cryptoki.ts';
import { requireKey } from '#hsm/key-objects.ts';
import { keyTemplates } from '#hsm/key-templates.ts';
import { gcm, oaep } from '#hsm/mechanisms.ts';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { unwrapAesKey } from '#hsm/unwrap-key.ts';
import { pieceAad, sealPiece, wrapTo } from './sealing.ts';

/** What came of a load. */
export interface LoadEnd {
  /** Pieces that came out right. */
  readonly right: number;
  /** Signatures made meanwhile. */
  readonly signed: number;
}

/**
 * In `sessions` sessions at once `count` pieces are decrypted, one after the other and every one beside the event loop; meanwhile the
 * token signs and lists its keys. It has the keys `identity` (RSA) and `prekey`.
 */
export async function decryptLoad(token: Pkcs11Token, sessions: number, count: number): Promise<LoadEnd> {
  let done = false;
  const signing = (async () => {
    let signed = 0;
    for (; !done; signed += 1) {
      await token.sign('identity', 'RS256', Buffer.from('an order'));
      token.listKeys('');
    }
    return signed;
  })();
  const lanes = Array.from({ length: sessions }, (_, lane) => decryptRow(token, lane, count));
  const right = (await Promise.all(lanes)).reduce((sum, one) => sum + one, 0);
  done = true;
  return { right, signed: await signing };
}

async function decryptRow(token: Pkcs11Token, lane: number, count: number): Promise<number> {
  const { login } = token;
  const { api } = login.cryptoki;
  const clearKey = randomBytes(32);
  const session = login.openSession();
  const prekey = requireKey(login, 'private', 'prekey');
  const wrapped = wrapTo(token.publicKey('prekey'), clearKey);
  const key = await unwrapAesKey(login, session, oaep, prekey, wrapped, keyTemplates.contentKey);
  const out = Buffer.alloc(1040);
  let right = 0;
  for (let i = 0; i < count; i += 1) {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(i, 8);
    const plaintext = Buffer.alloc(1024, (i + lane) & 0xff);
    api.C_DecryptInit(session, gcm(nonce, pieceAad), key);
    const opened = await api.C_DecryptAsync(session, bufferOf(sealPiece(clearKey, nonce, plaintext)), out);
    if (opened.equals(plaintext)) right += 1;
  }
  login.closeSession(session);
  return right;
}
