/** The three functions of libsodium used here. */
declare module 'sodium-native' {
  interface Sodium {
    /** Locked memory between guard pages, left out of core dumps. */
    sodium_malloc(size: number): Buffer;
    /** Empties every view of the buffer at once; the memory is wiped and freed when garbage is collected. */
    sodium_free(buffer: Buffer): void;
    sodium_memzero(buffer: Buffer): void;
  }
  const sodium: Sodium;
  export default sodium;
}
