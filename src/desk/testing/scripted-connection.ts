import type { Connection } from '#shared/connection.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { maxFrameBytes } from '#wire/cell-api.ts';
import { encodeFrame, FrameReader } from '#wire/framing.ts';

interface Request {
  readonly id: number;
  readonly op: string;
}

/** A connection whose far end is the test. */
export class ScriptedConnection implements Connection {
  readonly requests: Request[] = [];
  isClosed = false;
  readonly #reader = new FrameReader(maxFrameBytes, (frame) => {
    this.requests.push(decodeCbor(frame, maxFrameBytes) as Request);
  });
  readonly #bytes: ((bytes: Uint8Array) => void)[] = [];
  readonly #ends: (() => void)[] = [];

  async send(bytes: Uint8Array): Promise<void> {
    this.#reader.feed(bytes);
  }

  onBytes(listener: (bytes: Uint8Array) => void): void {
    this.#bytes.push(listener);
  }

  onClose(listener: () => void): void {
    this.#ends.push(listener);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const listener of this.#ends) listener();
  }

  /** The far end says this frame, whole or as bytes. */
  say(frame: unknown): void {
    this.sayBytes(encodeFrame(encodeCbor(frame)));
  }

  sayBytes(bytes: Uint8Array): void {
    for (const listener of this.#bytes) listener(bytes);
  }
}
