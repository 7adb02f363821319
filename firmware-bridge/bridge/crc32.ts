/** CRC-32 of ISO-HDLC (reflected 0x04c11db7, as in zlib), a byte at a time. */
const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/**
 * CRC-32 of `length` bytes from `start`, going on from `crc`, the CRC of what came before. As a signed number: the CRC of doses tells
 * them to whoever tries them all, and an unsigned one (as of node:zlib) would lie on the heap, where nobody can wipe it.
 */
export function crc32(bytes: Uint8Array, start: number, length: number, crc = 0): number {
  let value = ~crc;
  for (let i = start; i < start + length; i += 1) {
    value = (value >>> 8) ^ (table[(value ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  }
  return ~value;
}
