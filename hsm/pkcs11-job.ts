import { Failure, invariant } from '#shared/failure.ts';
import { awaiting, bufferOf, type Handle } from './cryptoki.ts';
import { requireKey, verifyTemplate } from './key-objects.ts';
import { JobSession } from './job-session.ts';
import { keyTemplates } from './key-templates.ts';
import type { Login } from './login.ts';
import { gcm, oaep, tagLength } from './mechanisms.ts';
import type { ContentKeyHandle, Job } from './token.ts';
import { unwrapAesKey } from './unwrap-key.ts';

/** A job of profile H: content keys are session objects of the token and never leave it. */
export class Pkcs11Job implements Job {
  readonly #login: Login;
  readonly #session: JobSession;
  readonly #keys = new WeakMap<ContentKeyHandle, Handle>();

  /** `ended` is called once, when the session is closed. */
  constructor(login: Login, ended: () => void) {
    this.#login = login;
    this.#session = new JobSession(login, ended);
  }

  unwrapContentKey(unwrapKeyLabel: string, wrapped: Uint8Array): Promise<ContentKeyHandle> {
    return this.#session.next(async () => {
      const unwrapKey = requireKey(this.#login, 'private', unwrapKeyLabel);
      const template = keyTemplates.contentKey;
      const key = await unwrapAesKey(this.#login, this.#session.handle, oaep, unwrapKey, wrapped, template);
      verifyTemplate(this.#login, key, template);
      const handle: ContentKeyHandle = { kind: 'content-key' };
      this.#keys.set(handle, key);
      return handle;
    });
  }

  open(
    key: ContentKeyHandle,
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertextAndTag: Uint8Array,
    out: Uint8Array,
    isAhead = false,
  ): Promise<number> {
    return this.#session.next(() => {
      const object = this.#keys.get(key);
      invariant(object, 'a content key is used by the job that unwrapped it');
      return openGcm(this.#login, this.#session.handle, object, { nonce, aad, sealed: ciphertextAndTag, out, isAhead });
    });
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }
}

/**
 * A module within this process opens 4 KiB in some 15 µs and 64 KiB in some 70; a thread takes 50 to begin. So much the event loop
 * waits for, as it does for a hash.
 */
const quickBytes = 128 * 1024;
/** What nobody waits for yet goes to a thread, but where that takes longer than to do it. */
const quickAhead = 16 * 1024;

/** What AES-GCM opens: `sealed` is ciphertext and tag, `out` holds at least as many bytes. */
export interface Sealed {
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly sealed: Uint8Array;
  readonly out: Uint8Array;
  /** See `Job.open`. */
  readonly isAhead?: boolean;
}

/**
 * One-shot C_Decrypt: C_DecryptUpdate may hand out bytes before the tag is checked. Answers the plaintext's length.
 * @throws Failure `recipe/piece-not-authentic` for any mismatch; `out` then holds zeros
 */
export async function openGcm(login: Login, session: Handle, key: Handle, input: Sealed): Promise<number> {
  const { api } = login.cryptoki;
  const [sealed, out] = [bufferOf(input.sealed), bufferOf(input.out)];
  // a buffer that is too small would leave the operation open and the session useless
  invariant(out.length >= sealed.length, 'the output buffer has room for ciphertext and tag');
  if (sealed.length < tagLength) throw notAuthentic(out);
  const mechanism = gcm(input.nonce, input.aad);
  await awaiting('open', async () => api.C_DecryptInit(session, mechanism, key));
  const isQuick = sealed.length <= (input.isAhead ? quickAhead : quickBytes) && login.cryptoki.quirks.inProcess;
  try {
    const opened = isQuick ? api.C_Decrypt(session, sealed, out) : await api.C_DecryptAsync(session, sealed, out);
    return opened.length;
  } catch (error) {
    throw notAuthentic(out, error);
  }
}

/** `out` wiped, and the one failure for whatever is wrong. */
export function notAuthentic(out: Buffer, cause?: unknown): Failure {
  out.fill(0);
  return new Failure('recipe/piece-not-authentic', {}, cause);
}
