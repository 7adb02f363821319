import { readWrite, systemCalls } from '#firmware-bridge/gpio/system-calls.ts';

/** Requests of ioctl_tty(2). */
const unlock = 0x4004_5431;
const number = 0x8004_5430;

/** A pty that nobody has open at its far end, gone when disposed of: a serial port that is free. */
export function freePty(): Disposable & { readonly path: string } {
  const { open, close, ioctl } = systemCalls();
  const near = open('/dev/ptmx', readWrite);
  const answer = new Uint8Array(new ArrayBuffer(4));
  if (near === -1 || ioctl(near, unlock, answer) === -1 || ioctl(near, number, answer) === -1) {
    throw new Error('no pty');
  }
  return {
    path: `/dev/pts/${new DataView(answer.buffer).getUint32(0, true)}`,
    [Symbol.dispose]: () => void close(near),
  };
}
