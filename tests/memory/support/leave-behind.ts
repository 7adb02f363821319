import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import type { PieceBuffers } from '#recipes/open.ts';
import { amountAt, countOf, opOf, ops } from '#recipes/record.ts';
import { canaryForms } from './canary-forms.ts';

const left: unknown[] = [];

/**
 * Lets this process forget its wiping, as code does that takes fresh memory each time and leaves the old to the garbage collector,
 * and leave its amounts about as JavaScript usually does: in objects, lists and texts.
 */
export function leaveBehind(buffers: PieceBuffers): void {
  const { record } = buffers;
  const fill = record.fill.bind(record);
  record.fill = (value: number) => {
    left.push(Uint8Array.from(record));
    leaveAmounts(new DataView(record.buffer, record.byteOffset, record.byteLength));
    fill(value);
    return record;
  };
  keepCopies(StepBuffer.prototype, (steps) => steps.startUs.buffer);
  keepCopies(DoseBuffer.prototype, (doses) => doses.onUs.buffer);
}

/** Keeps bytes for good. */
export function leave(bytes: Uint8Array): void {
  left.push(bytes);
}

function leaveAmounts(record: DataView): void {
  if (opOf(record) !== ops.dispense) return;
  for (let entry = 0; entry < countOf(record); entry += 1) {
    const amount = amountAt(record, entry);
    left.push({ amount }, [amount, 0.5], String(amount), `${amount}\u20ac`, amount.toString(16));
    left.push(`${amount.toString(16)}\u20ac`, amount.toString(16).toUpperCase());
    // what V8 makes of numbers on other machines
    left.push(canaryForms.smi31(amount), canaryForms['u32 be'](amount), canaryForms['float64 be'](amount));
  }
}

function keepCopies<T extends { wipe(): void }>(prototype: T, memoryOf: (buffer: T) => ArrayBufferLike): void {
  const properly = Object.getOwnPropertyDescriptor(prototype, 'wipe')?.value as (this: T) => void;
  prototype.wipe = function (this: T) {
    left.push(memoryOf(this).slice(0));
    properly.call(this);
  };
}
