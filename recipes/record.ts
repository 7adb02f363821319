import type { RecordLayout, RecordPlace } from './record-layout.ts';

/**
 * The plaintext of one piece of machine class `beverage`: 64 bytes, little-endian. Accessors read single numbers from
 * the fixed buffer that holds the opened piece; a caller puts amounts straight into a typed array that it wipes.
 *
 *     0  u8  op          1  u8  timing     2  u8  count      3  zero
 *     4  u32 pause_ms    8  6 × {u8 slot, u8 flow_hint, u16 zero, u32 amount_ul}
 *    56  u32 instruction 60 u32 zero
 *
 * Piece 0 (`check`) has piece_count u32 at 8, recipe_id at 12, version u32 at 28, zeros elsewhere.
 */
export const recordBytes = 64;
export const maxDoses = 6;

export const ops = { check: 0, dispense: 1, pause: 2, manual: 3, end: 4 } as const;
export type Op = keyof typeof ops;

/** `machine` decides · all start `together`, each as fast as it can · all start together and end at the `same_end` · one after the other. */
export const timings = { machine: 0, together: 1, same_end: 2, one_after_other: 3 } as const;
export type Timing = keyof typeof timings;

const at = { op: 0, timing: 1, count: 2, pauseMs: 4, doses: 8, instruction: 56 } as const;
const doseBytes = 8;
const check = { pieceCount: 8, recipeId: 12, version: 28, end: 32 } as const;

export const opOf = (record: DataView): number => record.getUint8(at.op);
export const timingOf = (record: DataView): number => record.getUint8(at.timing);
/** Doses in the record, 0 to 6. */
export const countOf = (record: DataView): number => record.getUint8(at.count);
/** Milliseconds to wait when the phase is over. */
export const pauseMsOf = (record: DataView): number => record.getUint32(at.pauseMs, true);
/** Index into the manifest's ingredients. */
export const slotAt = (record: DataView, dose: number): number => record.getUint8(doseAt(dose));
/** Percent of the line's full flow, 0 when the author has no wish. */
export const flowHintAt = (record: DataView, dose: number): number => record.getUint8(doseAt(dose) + 1);
/** Microlitres. */
export const amountAt = (record: DataView, dose: number): number => record.getUint32(doseAt(dose) + 4, true);
/** Id of the sentence that asks somebody to lend a hand; only in `manual`. */
export const instructionOf = (record: DataView): number => record.getUint32(at.instruction, true);
/** Only in `check`: pieces of the recipe, this one included. */
export const pieceCountOf = (record: DataView): number => record.getUint32(check.pieceCount, true);
/** Only in `check`. */
export const versionOf = (record: DataView): number => record.getUint32(check.version, true);

/** Whether the `check` record names this recipe. */
export function namesRecipe(record: DataView, recipeId: Uint8Array): boolean {
  return recipeId.length === 16 && recipeId.every((byte, i) => record.getUint8(check.recipeId + i) === byte);
}

export interface Dose {
  readonly slot: number;
  readonly amountUl: number;
  readonly flowHint?: number;
}

/** Writes piece 0 over `record`. */
export function writeCheck(record: DataView, pieceCount: number, recipeId: Uint8Array, version: number): void {
  clear(record);
  record.setUint32(check.pieceCount, pieceCount, true);
  recipeId.forEach((byte, i) => {
    record.setUint8(check.recipeId + i, byte);
  });
  record.setUint32(check.version, version, true);
}

/** Writes a phase that pours 1 to 6 doses, then waits `pauseMs`. */
export function writeDispense(record: DataView, timing: Timing, doses: readonly Dose[], pauseMs = 0): void {
  clear(record);
  record.setUint8(at.op, ops.dispense);
  record.setUint8(at.timing, timings[timing]);
  record.setUint8(at.count, doses.length);
  record.setUint32(at.pauseMs, pauseMs, true);
  doses.forEach((dose, i) => {
    record.setUint8(doseAt(i), dose.slot);
    record.setUint8(doseAt(i) + 1, dose.flowHint ?? 0);
    record.setUint32(doseAt(i) + 4, dose.amountUl, true);
  });
}

/** Writes a phase that only waits. */
export function writePause(record: DataView, pauseMs: number): void {
  clear(record);
  record.setUint8(at.op, ops.pause);
  record.setUint32(at.pauseMs, pauseMs, true);
}

/** Writes a phase that asks somebody to lend a hand. */
export function writeManual(record: DataView, instruction: number): void {
  clear(record);
  record.setUint8(at.op, ops.manual);
  record.setUint32(at.instruction, instruction, true);
}

/** Writes the end; every recipe closes with at least one, and is padded with more. */
export function writeEnd(record: DataView): void {
  clear(record);
  record.setUint8(at.op, ops.end);
}

/** Why a record is refused. */
export type RecordFlaw =
  | 'length'
  | 'op-unknown'
  | 'op-misplaced'
  | 'unused-not-zero'
  | 'timing-unknown'
  | 'dose-count'
  | 'slot-unknown'
  | 'slot-repeated'
  | 'amount-zero'
  | 'flow-hint'
  | 'pause-zero'
  | 'instruction-zero';

/** The first flaw of a record in this place, or null. Says nothing about amounts but that they are not zero. */
export function validateRecord(record: DataView, place: RecordPlace): RecordFlaw | null {
  if (record.byteLength !== recordBytes) return 'length';
  const op = opOf(record);
  if ((place.index === 0) !== (op === ops.check)) return 'op-misplaced';
  if (place.index === place.pieceCount - 1 && op !== ops.end) return 'op-misplaced';
  switch (op) {
    case ops.check:
      return zero(record, 0, check.pieceCount) && zero(record, check.end, recordBytes) ? null : 'unused-not-zero';
    case ops.dispense:
      return dispenseFlaw(record, place.slots);
    case ops.pause:
      if (!zero(record, 1, at.pauseMs) || !zero(record, at.doses, recordBytes)) return 'unused-not-zero';
      return pauseMsOf(record) === 0 ? 'pause-zero' : null;
    case ops.manual:
      if (!zero(record, 1, at.instruction) || !zero(record, at.instruction + 4, recordBytes)) return 'unused-not-zero';
      return instructionOf(record) === 0 ? 'instruction-zero' : null;
    case ops.end:
      return zero(record, 1, recordBytes) ? null : 'unused-not-zero';
    default:
      return 'op-unknown';
  }
}

function dispenseFlaw(record: DataView, slots: number): RecordFlaw | null {
  const count = countOf(record);
  if (count < 1 || count > maxDoses) return 'dose-count';
  if (timingOf(record) > timings.one_after_other) return 'timing-unknown';
  if (!zero(record, 3, at.pauseMs) || !zero(record, doseAt(count), recordBytes)) return 'unused-not-zero';
  for (let dose = 0; dose < count; dose += 1) {
    if (!zero(record, doseAt(dose) + 2, doseAt(dose) + 4)) return 'unused-not-zero';
    if (slotAt(record, dose) >= slots) return 'slot-unknown';
    if (flowHintAt(record, dose) > 100) return 'flow-hint';
    if (amountAt(record, dose) === 0) return 'amount-zero';
    for (let earlier = 0; earlier < dose; earlier += 1) {
      if (slotAt(record, earlier) === slotAt(record, dose)) return 'slot-repeated';
    }
  }
  return null;
}

function doseAt(dose: number): number {
  return at.doses + dose * doseBytes;
}

function zero(record: DataView, from: number, to: number): boolean {
  let sum = 0;
  for (let i = from; i < to; i += 1) sum |= record.getUint8(i);
  return sum === 0;
}

function clear(record: DataView): void {
  for (let i = 0; i < recordBytes; i += 1) record.setUint8(i, 0);
}

/** Records of class `beverage` as sealing and opening see them. */
export const beverageRecord: RecordLayout = {
  bytes: recordBytes,
  flaw: validateRecord,
  writeCheck: (record, { pieceCount, recipeId, version }) => writeCheck(record, pieceCount, recipeId, version),
  namesRecipe: (record, { pieceCount, recipeId, version }) =>
    pieceCountOf(record) === pieceCount && versionOf(record) === version && namesRecipe(record, recipeId),
  writeEnd,
  isEnd: (record) => opOf(record) === ops.end,
};
