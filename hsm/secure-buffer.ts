import sodium from 'sodium-native';
import { Failure, invariant } from '#shared/failure.ts';
import { lockableMemory } from './lockable-memory.ts';

const pageBytes = 4096;
/** Bytes that libsodium puts before each buffer, to see later whether it was overrun. */
const canaryBytes = 16;

/**
 * Memory for a secret: never swapped, never in a core dump, wiped when disposed of. Locked memory is scarce, slow to
 * allocate and unlocked only by the garbage collector: take one buffer and use it again.
 */
export class SecureBuffer implements Disposable {
  readonly #memory: Buffer;
  #disposed = false;

  /**
   * `size` zero bytes, 1 to 1 MiB.
   * @throws Failure `process/memory-not-lockable` {allowed, needed} (bytes) when RLIMIT_MEMLOCK is used up: libsodium would then
   * silently give memory that can be swapped
   */
  constructor(size: number) {
    invariant(Number.isSafeInteger(size) && size > 0 && size <= 1 << 20, 'a secure buffer holds 1 byte to 1 MiB');
    const needed = Math.ceil((size + canaryBytes) / pageBytes) * pageBytes;
    const allowed = lockableMemory();
    if (allowed < needed) throw new Failure('process/memory-not-lockable', { allowed, needed });
    this.#memory = sodium.sodium_malloc(size);
    sodium.sodium_memzero(this.#memory);
  }

  /** A secure copy of `secret`, which is wiped. */
  static moving(secret: Uint8Array): SecureBuffer {
    const buffer = new SecureBuffer(secret.length);
    buffer.bytes.set(secret);
    secret.fill(0);
    return buffer;
  }

  /** The bytes themselves; after disposal every view of them is empty. */
  get bytes(): Buffer {
    invariant(!this.#disposed, 'a secure buffer is not used after its disposal');
    return this.#memory;
  }

  /** Overwrites the bytes with zeros; the buffer can be used again. */
  wipe(): void {
    if (!this.#disposed) sodium.sodium_memzero(this.#memory);
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    // sodium_free only detaches the views; left to itself the memory keeps the secret until garbage is collected
    this.wipe();
    this.#disposed = true;
    sodium.sodium_free(this.#memory);
  }
}
