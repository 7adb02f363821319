import { invariant } from '#shared/failure.ts';
import type { ClearKeys } from './clear-keys.ts';
import { bufferOf } from './cryptoki.ts';
import { decryptKey } from './decrypt-key.ts';
import { JobSession } from './job-session.ts';
import type { Login } from './login.ts';
import { openInMemory } from './open-in-memory.ts';
import type { SecureBuffer } from './secure-buffer.ts';
import type { ContentKeyHandle, Job } from './token.ts';

/**
 * A job of profile S, for tokens without AES-GCM: the token decrypts the content key, which then lies in a locked buffer
 * until the job ends, and pieces are opened in this process.
 */
export class ProfileSJob implements Job {
  readonly #login: Login;
  readonly #session: JobSession;
  readonly #clearKeys: ClearKeys;
  readonly #keys = new Map<ContentKeyHandle, SecureBuffer>();

  /** `ended` is called once, when the keys are wiped and the session is closed. */
  constructor(login: Login, clearKeys: ClearKeys, ended: () => void) {
    this.#login = login;
    this.#clearKeys = clearKeys;
    this.#session = new JobSession(login, () => {
      for (const buffer of this.#keys.values()) clearKeys.giveBack(buffer);
      this.#keys.clear();
      ended();
    });
  }

  unwrapContentKey(unwrapKeyLabel: string, wrapped: Uint8Array): Promise<ContentKeyHandle> {
    return this.#session.next(async () => {
      const buffer = this.#clearKeys.take();
      try {
        await decryptKey(this.#login, unwrapKeyLabel, wrapped, buffer.bytes);
      } catch (error) {
        this.#clearKeys.giveBack(buffer);
        throw error;
      }
      const handle: ContentKeyHandle = { kind: 'content-key' };
      this.#keys.set(handle, buffer);
      return handle;
    });
  }

  open(
    key: ContentKeyHandle,
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertextAndTag: Uint8Array,
    out: Uint8Array,
  ): Promise<number> {
    return this.#session.next(async () => {
      const buffer = this.#keys.get(key);
      invariant(buffer, 'a content key is used by the job that unwrapped it');
      const clear = bufferOf(buffer.bytes).subarray(0, 32);
      return openInMemory(clear, { nonce, aad, sealed: ciphertextAndTag, out });
    });
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }
}
