import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { Failure } from '#shared/failure.ts';

/** A bit array of at most 2²⁴ bits, as a STATUS_LIST carries it: deflated, least significant bit first. */
const maxBytes = 2 ** 21;

/** The array with these bits set; just long enough for `size` bits. */
export function packBits(set: Iterable<number>, size: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(size / 8));
  for (const at of set) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
  return new Uint8Array(deflateRawSync(bits, { level: constants.Z_BEST_COMPRESSION }));
}

/** Whether a bit is set; a bit beyond the array is not. @throws Failure `message/malformed` when it does not inflate to at most 2 MiB */
export function bitReader(packed: Uint8Array): (at: number) => boolean {
  const bits = inflated(packed);
  return (at) => ((bits[Math.floor(at / 8)] ?? 0) & (1 << (at % 8))) !== 0;
}

function inflated(packed: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: maxBytes });
  } catch (error) {
    throw new Failure('message/malformed', { reason: 'bits that do not inflate' }, error);
  }
}
