import { SecureBuffer } from '#hsm/secure-buffer.ts';
import type { MachineClass } from '#recipes/machine-class.ts';
import { type PieceBuffers, pieceBufferBytes } from '#recipes/open.ts';

/**
 * The buffers in which one piece at a time is open: locked, not dumped, made once for the life of the process, because
 * locked memory is scarce and given back only when the garbage collector comes by.
 */
export function lockedBuffers(machineClass: MachineClass): PieceBuffers & Disposable {
  const bytes = pieceBufferBytes(machineClass);
  const inner = new SecureBuffer(bytes.inner);
  const ahead = machineClass.readAhead ? new SecureBuffer(bytes.inner) : null;
  const record = new SecureBuffer(bytes.record);
  return {
    inner: inner.bytes,
    ...(ahead === null ? {} : { ahead: ahead.bytes }),
    record: record.bytes,
    [Symbol.dispose]() {
      for (const buffer of [inner, ahead, record]) buffer?.[Symbol.dispose]();
    },
  };
}
