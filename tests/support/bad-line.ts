import { openNodeSerialPort } from '#firmware-bridge/bridge/node-serial-port.ts';
import type { OpenPort, SerialPort } from '#firmware-bridge/bridge/serial-port.ts';
import { Failure } from '#shared/failure.ts';

/** Changes bytes on their way; answers the ones that arrive. */
export type Meddler = (bytes: Uint8Array) => Uint8Array;

const asTheyAre: Meddler = (bytes) => bytes;

/** A cable between a host and a real port that a test can pull out, plug in again and meddle with. */
export class BadLine {
  /** What the host sends, and what the board does. */
  toBoard: Meddler = asTheyAre;
  toHost: Meddler = asTheyAre;
  /** How often a port was opened. */
  opened = 0;
  #isIn = true;
  #port: SerialPort | null = null;
  /** One write at a time. */
  #writing: Promise<void> = Promise.resolve();

  /** For `openBridge`. */
  readonly open: OpenPort = async (path, baud) => {
    if (!this.#isIn) throw new Failure('dispenser/port-unavailable', { port: path, reason: 'missing' });
    const port = await openNodeSerialPort(path, baud);
    this.opened += 1;
    this.#port = port;
    return {
      read: async (into) => {
        for (;;) {
          const count = await port.read(into);
          const arrived = this.toHost(into.slice(0, count));
          into.set(arrived.subarray(0, into.length));
          if (arrived.length > 0) return Math.min(arrived.length, into.length);
        }
      },
      write: async (bytes) => {
        const arrived = this.toBoard(bytes.slice());
        if (arrived.length > 0) await this.#write(port, arrived);
      },
      close: () => port.close(),
    };
  };

  /** Says something to the board that no host has said. */
  async interject(bytes: Uint8Array): Promise<void> {
    if (this.#port !== null) await this.#write(this.#port, bytes).catch(() => undefined);
  }

  #write(port: SerialPort, bytes: Uint8Array): Promise<void> {
    const written = this.#writing.then(() => port.write(bytes));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** The cable is out: the port is gone, and its file too. */
  async pullOut(): Promise<void> {
    this.#isIn = false;
    await this.#port?.close();
  }

  plugIn(): void {
    this.#isIn = true;
  }
}
