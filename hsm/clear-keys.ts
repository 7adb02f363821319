import { SecureBuffer } from './secure-buffer.ts';

/** Room for what RSA-4096 decrypts to: a module may use all of it. */
const roomForRsa = 512;

/**
 * Locked buffers for content keys in the clear, of one token of profile S. Locked memory is scarce and unlocked only by
 * the garbage collector, so a buffer given back is wiped and used again.
 */
export class ClearKeys implements Disposable {
  readonly #idle: SecureBuffer[] = [];
  #disposed = false;

  /** A buffer of 512 zeros. */
  take(): SecureBuffer {
    return this.#idle.pop() ?? new SecureBuffer(roomForRsa);
  }

  giveBack(buffer: SecureBuffer): void {
    buffer.wipe();
    if (this.#disposed) buffer[Symbol.dispose]();
    else this.#idle.push(buffer);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const buffer of this.#idle.splice(0)) buffer[Symbol.dispose]();
  }
}
