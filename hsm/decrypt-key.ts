import { Failure } from '#shared/failure.ts';
import { bufferOf } from './cryptoki.ts';
import { requireKey } from './key-objects.ts';
import type { Login } from './login.ts';
import { oaep } from './mechanisms.ts';

/** Length of a content key, bytes. */
const keyLength = 32;

/**
 * Profile S: lets the token decrypt a wrapped AES-256 key into the first 32 bytes of `room` (512 bytes of locked memory).
 * Whatever is wrong with `wrapped` is one and the same failure, and `room` then holds zeros.
 * @throws Failure `token/key-missing`, `token/unwrap-refused`
 */
export async function decryptKey(login: Login, label: string, wrapped: Uint8Array, room: Uint8Array): Promise<void> {
  const { api } = login.cryptoki;
  const key = requireKey(login, 'private', label);
  // of its own: SoftHSM leaves the operation open for some wrong lengths, and the session useless
  const session = login.openSession();
  try {
    api.C_DecryptInit(session, oaep, key);
    const { length } = await api.C_DecryptAsync(session, bufferOf(wrapped), bufferOf(room));
    if (length !== keyLength) throw new RangeError('an AES-256 key has 32 bytes');
    room.fill(0, keyLength);
  } catch (error) {
    room.fill(0);
    throw new Failure('token/unwrap-refused', {}, error);
  } finally {
    login.closeSession(session);
  }
}
