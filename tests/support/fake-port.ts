import type { SerialPort } from '#firmware-bridge/bridge/serial-port.ts';

/** A serial port whose far end is the test. */
export class FakePort implements SerialPort {
  /** What was written, each write a copy. */
  readonly sent: Uint8Array[] = [];
  isClosed = false;
  /** How many writes are under way. */
  writing = 0;
  mostWriting = 0;
  /** Settles each write when it is called; null: at once. */
  hold: Promise<void> | null = null;
  #reading: PromiseWithResolvers<Uint8Array> = Promise.withResolvers();

  async read(into: Uint8Array): Promise<number> {
    const bytes = await this.#reading.promise;
    const count = Math.min(into.length, bytes.length);
    into.set(bytes.subarray(0, count));
    this.#reading = Promise.withResolvers();
    if (count < bytes.length) this.#reading.resolve(bytes.subarray(count));
    return count;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.sent.push(bytes.slice());
    this.writing += 1;
    this.mostWriting = Math.max(this.mostWriting, this.writing);
    await this.hold;
    this.writing -= 1;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.pullOut();
  }

  /** Bytes come from the far end. */
  async deliver(bytes: Uint8Array): Promise<void> {
    this.#reading.resolve(bytes.slice());
    await settled();
  }

  /** The port is gone. */
  pullOut(): void {
    this.#reading.promise.catch(() => undefined);
    this.#reading.reject(new Error('gone'));
  }
}

/** Resolves when all promises that could go on have gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
