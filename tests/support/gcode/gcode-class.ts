import { defineMachineClass, type MachineClass } from '#recipes/machine-class.ts';
import type { CheckedRecipe, RecordLayout, RecordPlace } from '#recipes/record-layout.ts';

/**
 * A class of machines that streams lines of G-code: not a product, but what proves that nothing outside of a class knows its records.
 * A record is u8 op, u8 zero, u16 length, then text of that length, zeros behind.
 */
const ops = { check: 0, lines: 1, end: 2 } as const;
const textAt = 4;
const check = { pieceCount: 8, recipeId: 12, version: 28, end: 32 } as const;

/** Bytes of text in a record, where it holds lines; the text begins at 4. */
export function textOf(record: DataView): Uint8Array {
  const length = record.getUint8(0) === ops.lines ? record.getUint16(2, true) : 0;
  return new Uint8Array(record.buffer, record.byteOffset + textAt, length);
}

/** Writes lines over zeros. */
export function writeLines(record: DataView, text: Uint8Array): void {
  record.setUint8(0, ops.lines);
  record.setUint16(2, text.length, true);
  new Uint8Array(record.buffer, record.byteOffset + textAt).set(text);
}

/** G-code in records of so many bytes, up to `maxPieces` of them. */
export function gcodeClass(recordBytes = 4096, maxPieces = 65_536): MachineClass {
  const record: RecordLayout = {
    bytes: recordBytes,
    flaw: flawOf,
    writeCheck,
    namesRecipe,
    writeEnd: (view) => view.setUint8(0, ops.end),
    isEnd: (view) => view.getUint8(0) === ops.end,
  };
  return defineMachineClass({ name: 'gcode', record, maxPieces, flow: 1_000, readAhead: true });
}

function flawOf(record: DataView, { index, pieceCount }: RecordPlace): string | null {
  const op = record.getUint8(0);
  if ((index === 0) !== (op === ops.check) || (index === pieceCount - 1 && op !== ops.end)) return 'op-misplaced';
  if (op > ops.end) return 'op-unknown';
  const length = record.getUint16(2, true);
  if (op === ops.lines && (length === 0 || length > record.byteLength - textAt)) return 'length';
  const used = op === ops.lines ? textAt + length : op === ops.check ? check.end : 1;
  const rest = new Uint8Array(record.buffer, record.byteOffset + used, record.byteLength - used);
  return record.getUint8(1) === 0 && rest.every((byte) => byte === 0) ? null : 'unused-not-zero';
}

function writeCheck(record: DataView, { pieceCount, recipeId, version }: CheckedRecipe): void {
  record.setUint32(check.pieceCount, pieceCount, true);
  new Uint8Array(record.buffer, record.byteOffset + check.recipeId, 16).set(recipeId);
  record.setUint32(check.version, version, true);
}

function namesRecipe(record: DataView, { pieceCount, recipeId, version }: CheckedRecipe): boolean {
  return (
    record.getUint32(check.pieceCount, true) === pieceCount &&
    record.getUint32(check.version, true) === version &&
    recipeId.every((byte, i) => record.getUint8(check.recipeId + i) === byte)
  );
}
