import { Failure } from '#shared/failure.ts';
import type { OpenPort, SerialPort } from './serial-port.ts';

/**
 * Serial ports by the package `serialport`, which is loaded when the first one is opened.
 *
 * Read and written through its binding, not its stream: the stream reads into pools of 64 KiB that it hands out and forgets, and joins
 * queued writes into copies; both would keep amounts. The binding reads and writes the buffers that it is given.
 *
 * Opening raises DTR, which resets many boards. That is welcome: a board begins from rest, and the record of its last job is beyond a
 * reset. So nothing here tries to prevent it (the binding could not: it sets HUPCL and never clears it).
 */
export const openNodeSerialPort: OpenPort = async (path, baud) => {
  const { SerialPort: Package } = await import('serialport');
  const port = await Package.binding
    .open({ path, baudRate: baud, dataBits: 8, parity: 'none', stopBits: 1, lock: true, hupcl: true })
    .catch((error: unknown) => {
      throw new Failure('dispenser/port-unavailable', { port: path, reason: reasonOf(String(error)) });
    });
  return nodeSerialPort(port);
};

/** What the binding of the package has of use here. */
interface Binding {
  readonly isOpen: boolean;
  read(buffer: Buffer, offset: number, length: number): Promise<{ readonly bytesRead: number }>;
  write(buffer: Buffer): Promise<void>;
  close(): Promise<void>;
}

function nodeSerialPort(binding: Binding): SerialPort {
  return {
    async read(into) {
      const { bytesRead } = await binding.read(sameMemory(into), 0, into.length).catch(lost);
      return bytesRead;
    },
    write: (bytes) => binding.write(sameMemory(bytes)).catch(lost),
    async close() {
      if (binding.isOpen) await binding.close().catch(() => undefined);
    },
  };
}

/** The binding wants Buffers, and gets one over the very bytes. */
function sameMemory(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function lost(error: unknown): never {
  throw new Failure('dispenser/link-lost', {}, error);
}

function reasonOf(error: string): string {
  if (/lock|busy/i.test(error)) return 'busy';
  if (/no such (file|device)/i.test(error)) return 'missing';
  return /permission/i.test(error) ? 'not-permitted' : 'unusable';
}
