import { Failure } from '#shared/failure.ts';

/** A frame as it stands on a cell socket: big-endian u32 length, then the bytes. */
export function encodeFrame(bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + bytes.length);
  new DataView(frame.buffer).setUint32(0, bytes.length);
  frame.set(bytes, 4);
  return frame;
}

/**
 * Puts frames together from bytes that arrive in any portions. Holds at most `maxBytes` + 4 bytes and the portion at
 * hand; a longer frame is refused with `message/too-large` from its length alone.
 */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #deliver: (frame: Uint8Array) => void;
  readonly #head = new Uint8Array(4);
  #headFilled = 0;
  #body: Uint8Array | null = null;
  #bodyFilled = 0;

  constructor(maxBytes: number, deliver: (frame: Uint8Array) => void) {
    this.#maxBytes = maxBytes;
    this.#deliver = deliver;
  }

  feed(portion: Uint8Array): void {
    let at = 0;
    while (at < portion.length) at += this.#body === null ? this.#feedHead(portion, at) : this.#feedBody(portion, at);
  }

  #feedHead(portion: Uint8Array, at: number): number {
    const taken = Math.min(4 - this.#headFilled, portion.length - at);
    this.#head.set(portion.subarray(at, at + taken), this.#headFilled);
    this.#headFilled += taken;
    if (this.#headFilled === 4) this.#begin(new DataView(this.#head.buffer).getUint32(0));
    return taken;
  }

  #begin(length: number): void {
    if (length > this.#maxBytes) throw new Failure('message/too-large', { bytes: length, limit: this.#maxBytes });
    this.#headFilled = 0;
    this.#body = new Uint8Array(length);
    this.#bodyFilled = 0;
    if (length === 0) this.#end(this.#body);
  }

  #feedBody(portion: Uint8Array, at: number): number {
    const body = this.#body;
    if (body === null) return 0;
    const taken = Math.min(body.length - this.#bodyFilled, portion.length - at);
    body.set(portion.subarray(at, at + taken), this.#bodyFilled);
    this.#bodyFilled += taken;
    if (this.#bodyFilled === body.length) this.#end(body);
    return taken;
  }

  #end(body: Uint8Array): void {
    this.#body = null;
    this.#deliver(body);
  }
}
