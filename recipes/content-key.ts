import type { Entropy } from '#shared/entropy.ts';
import { Failure, invariant } from '#shared/failure.ts';
import type { SealCrypto } from './seal-crypto.ts';

const keyBytes = 32;
const idBytes = 16;

/** The AES-256 key of one layer of one recipe version, in one buffer, wiped when disposed. */
export class ContentKey implements Disposable {
  /** Public and random; says nothing about the key. */
  readonly id: Uint8Array;
  readonly #bytes: Uint8Array;
  #sealed = false;
  #wiped = false;

  private constructor(id: Uint8Array, bytes: Uint8Array) {
    this.id = id;
    this.#bytes = bytes;
  }

  static fresh(entropy: Entropy): ContentKey {
    return new ContentKey(entropy.bytes(idBytes), entropy.bytes(keyBytes));
  }

  /**
   * The key, to seal all pieces of one recipe with: a counter nonce under the same key twice would give it away.
   * @throws Failure `recipe/key-reused` at the second call
   */
  takeForSealing(): Uint8Array {
    invariant(!this.#wiped, 'the content key is not wiped');
    if (this.#sealed) throw new Failure('recipe/key-reused');
    this.#sealed = true;
    return this.#bytes;
  }

  /** The key wrapped to a public RSA key (DER SPKI) by RSA-OAEP. */
  wrapTo(spki: Uint8Array, crypto: SealCrypto): Promise<Uint8Array> {
    invariant(!this.#wiped, 'the content key is not wiped');
    return crypto.wrapKey(spki, this.#bytes);
  }

  equals(other: ContentKey): boolean {
    return this.#bytes.every((byte, i) => byte === other.#bytes[i]);
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.dispose](): void {
    this.#bytes.fill(0);
    this.#wiped = true;
  }
}
