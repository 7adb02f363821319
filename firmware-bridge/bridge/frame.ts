import { invariant } from '#shared/failure.ts';
import { valueAt } from '../column.ts';
import { crc32 } from './crc32.ts';

/** `type · seq · payload · crc` (PROTOCOL.md, "Frames"). */
const headBytes = 2;
const crcBytes = 4;
export const longestPayload = 104;
const longest = headBytes + longestPayload + crcBytes;
/** With the code byte of COBS and both zeros. A frame is shorter than 254 bytes, so one code byte more is all that COBS costs. */
const longestEncoded = longest + 3;

/**
 * One frame to send, written into a buffer of its own and encoded into another; both are used again for each frame and wiped in between,
 * because steps are amounts.
 */
export class FrameWriter {
  readonly #plain = new Uint8Array(longest);
  readonly #view = new DataView(this.#plain.buffer);
  readonly #encoded = new Uint8Array(longestEncoded);
  #length = 0;

  /** Begins a frame. */
  begin(type: number, seq: number): this {
    this.wipe();
    this.#plain[0] = type;
    this.#plain[1] = seq;
    this.#length = headBytes;
    return this;
  }

  u8(value: number): this {
    this.#view.setUint8(this.#room(1), value);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#room(2), value, true);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#room(4), value, true);
    return this;
  }

  /** CRC-32 of the payload from its byte `offset` on, going on from `crc`. */
  crcFrom(offset: number, crc: number): number {
    const start = headBytes + offset;
    return crc32(this.#plain, start, this.#length - start, crc);
  }

  /** Ends the frame; the bytes to send, valid until the next `begin` or `wipe`. */
  end(): Uint8Array {
    const crc = crc32(this.#plain, 0, this.#length);
    this.#view.setInt32(this.#length, crc, true);
    return this.#encoded.subarray(0, encode(this.#plain, this.#length + crcBytes, this.#encoded));
  }

  /** Zeroes every byte. */
  wipe(): void {
    this.#plain.fill(0);
    this.#encoded.fill(0);
    this.#length = 0;
  }

  /** Whether every byte is zero. */
  isWiped(): boolean {
    return [this.#plain, this.#encoded].every((buffer) => buffer.every((byte) => byte === 0));
  }

  #room(bytes: number): number {
    const at = this.#length;
    invariant(at + bytes <= headBytes + longestPayload, 'a payload fits its frame');
    this.#length += bytes;
    return at;
  }
}

/** COBS (Cheshire and Baker 1999) between two zeros; the number of bytes written. */
function encode(plain: Uint8Array, length: number, out: Uint8Array): number {
  let code = 1;
  let to = 2;
  out[0] = 0;
  for (let from = 0; from < length; from += 1) {
    const byte = valueAt(plain, from);
    if (byte === 0) {
      out[code] = to - code;
      code = to;
    } else out[to] = byte;
    to += 1;
  }
  out[code] = to - code;
  out[to] = 0;
  return to + 1;
}

/** A frame that has arrived, to be read in place while it is handed over; gone afterwards. */
export interface Frame {
  readonly type: number;
  readonly seq: number;
  readonly payload: DataView;
}

/**
 * Finds frames in a stream of bytes, however it is cut. What is no frame is dropped and counted. One buffer holds whatever is on its
 * way, and is wiped after each frame.
 */
export class FrameReader {
  /** Frames that were none, since the beginning. */
  dropped = 0;
  readonly #plain = new Uint8Array(longest);
  #length = 0;
  /** Bytes until the next code byte; 0: the next byte is one. */
  #left = 0;
  /** Whether a zero follows the block that runs now, unless the frame ends. */
  #zeroDue = false;
  #broken = false;

  /** Takes bytes in and hands each whole frame to `onFrame`. */
  push(bytes: Uint8Array, onFrame: (frame: Frame) => void): void {
    for (let i = 0; i < bytes.length; i += 1) {
      const byte = valueAt(bytes, i);
      if (byte !== 0) this.#take(byte);
      else this.#finish(onFrame);
    }
  }

  /** Forgets what came of a frame so far, and zeroes it. */
  wipe(): void {
    this.#plain.fill(0);
    this.#length = 0;
    this.#left = 0;
    this.#zeroDue = false;
    this.#broken = false;
  }

  /** Whether nothing of a frame is kept. */
  isWiped(): boolean {
    return this.#plain.every((byte) => byte === 0);
  }

  #take(byte: number): void {
    if (this.#left > 0) {
      this.#left -= 1;
      this.#put(byte);
      return;
    }
    if (this.#zeroDue) this.#put(0);
    this.#zeroDue = byte < 0xff;
    this.#left = byte - 1;
  }

  #put(byte: number): void {
    if (this.#length === longest) {
      this.#broken = true;
      return;
    }
    this.#plain[this.#length] = byte;
    this.#length += 1;
  }

  #finish(onFrame: (frame: Frame) => void): void {
    const length = this.#length;
    const isEmpty = length === 0 && !this.#zeroDue;
    const isWhole = !this.#broken && this.#left === 0 && length >= headBytes + crcBytes && this.#crcHolds();
    try {
      if (isWhole) {
        const payload = new DataView(this.#plain.buffer, headBytes, length - headBytes - crcBytes);
        onFrame({ type: valueAt(this.#plain, 0), seq: valueAt(this.#plain, 1), payload });
      } else if (!isEmpty) this.dropped += 1;
    } finally {
      this.wipe();
    }
  }

  /** A CRC over a frame with its own CRC behind it is always the same number. */
  #crcHolds(): boolean {
    return crc32(this.#plain, 0, this.#length) === residue;
  }
}

/** What CRC-32 makes of any bytes followed by their own CRC-32, little-endian. */
const residue = 0x2144df1c;
