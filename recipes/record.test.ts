import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instructionName, instructions } from './instructions.ts';
import {
  amountAt,
  countOf,
  type Dose,
  flowHintAt,
  instructionOf,
  namesRecipe,
  opOf,
  ops,
  pauseMsOf,
  pieceCountOf,
  recordBytes,
  slotAt,
  timingOf,
  timings,
  validateRecord,
  versionOf,
  writeCheck,
  writeDispense,
  writeEnd,
  writeManual,
  writePause,
} from './record.ts';

const blank = (): DataView => new DataView(new ArrayBuffer(recordBytes));
const place = { index: 1, pieceCount: 8, slots: 6 };
const bytes = (record: DataView): Uint8Array => new Uint8Array(record.buffer);

const doses = fc
  .uniqueArray(
    fc.record({ slot: fc.nat(5), amountUl: fc.integer({ min: 1, max: 0xffff_ffff }), flowHint: fc.nat(100) }),
    {
      minLength: 1,
      maxLength: 6,
      selector: ({ slot }) => slot,
    },
  )
  .map((all): readonly Dose[] => all);

function dispense(): DataView {
  const record = blank();
  writeDispense(
    record,
    'together',
    [
      { slot: 3, amountUl: 61_500 },
      { slot: 0, amountUl: 5_000, flowHint: 40 },
    ],
    250,
  );
  return record;
}

describe('a beverage record', () => {
  it('lies in 64 bytes as the format says', () => {
    const expected = new Uint8Array(64);
    expected.set([1, 1, 2, 0, 250, 0, 0, 0]);
    expected.set([3, 0, 0, 0, 0x3c, 0xf0, 0, 0], 8);
    expected.set([0, 40, 0, 0, 0x88, 0x13, 0, 0], 16);
    expect(bytes(dispense())).toEqual(expected);
  });

  it('gives back what was written, for any doses', () => {
    fc.assert(
      fc.property(
        doses,
        fc.constantFrom('machine', 'together', 'same_end', 'one_after_other'),
        fc.nat(0xffff_ffff),
        (all, timing, pauseMs) => {
          const record = blank();
          bytes(record).fill(0xff);
          writeDispense(record, timing, all, pauseMs);
          expect(validateRecord(record, place)).toBeNull();
          expect([opOf(record), timingOf(record), pauseMsOf(record)]).toEqual([ops.dispense, timings[timing], pauseMs]);
          const read = Array.from({ length: countOf(record) }, (_, i) => ({
            slot: slotAt(record, i),
            amountUl: amountAt(record, i),
            flowHint: flowHintAt(record, i),
          }));
          expect(read).toEqual(all);
        },
      ),
    );
  });

  it('of piece 0 names the recipe and nothing else', () => {
    const record = blank();
    const id = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
    writeCheck(record, 16, id, 7);
    expect(validateRecord(record, { index: 0, pieceCount: 16, slots: 1 })).toBeNull();
    expect([opOf(record), pieceCountOf(record), versionOf(record)]).toEqual([ops.check, 16, 7]);
    expect(namesRecipe(record, id)).toBe(true);
    expect(
      namesRecipe(
        record,
        id.map((byte) => byte ^ 1),
      ),
    ).toBe(false);
    expect(namesRecipe(record, id.subarray(1))).toBe(false);
  });

  it('may pause, ask for a hand, or end', () => {
    const record = blank();
    writePause(record, 1500);
    expect([validateRecord(record, place), opOf(record), pauseMsOf(record)]).toEqual([null, ops.pause, 1500]);
    writeManual(record, instructions.stir);
    expect([validateRecord(record, place), opOf(record), instructionOf(record)]).toEqual([null, ops.manual, 5]);
    writeEnd(record);
    expect([validateRecord(record, place), opOf(record)]).toEqual([null, ops.end]);
  });

  it.each<[string, (record: DataView) => void]>([
    ['unused-not-zero', (record) => record.setUint8(3, 1)],
    ['unused-not-zero', (record) => record.setUint16(10, 1)],
    ['unused-not-zero', (record) => record.setUint8(24, 1)],
    ['unused-not-zero', (record) => record.setUint8(56, 1)],
    ['unused-not-zero', (record) => record.setUint8(63, 1)],
    ['op-unknown', (record) => record.setUint8(0, 5)],
    ['op-misplaced', (record) => record.setUint8(0, ops.check)],
    ['timing-unknown', (record) => record.setUint8(1, 4)],
    ['dose-count', (record) => record.setUint8(2, 0)],
    ['dose-count', (record) => record.setUint8(2, 7)],
    ['slot-unknown', (record) => record.setUint8(8, 6)],
    ['slot-repeated', (record) => record.setUint8(16, 3)],
    ['amount-zero', (record) => record.setUint32(12, 0)],
    ['flow-hint', (record) => record.setUint8(9, 101)],
  ])('is refused as %s', (flaw, change) => {
    const record = dispense();
    change(record);
    expect(validateRecord(record, place)).toBe(flaw);
  });

  it('is refused with anything in the unused bytes of its kind', () => {
    const writers: ((record: DataView) => void)[] = [
      (record) => writePause(record, 10),
      (record) => writeManual(record, 1),
      (record) => writeEnd(record),
    ];
    for (const write of writers) {
      for (let at = 1; at < recordBytes; at += 1) {
        const record = blank();
        write(record);
        const used = bytes(record).findLastIndex((byte, i) => byte !== 0 && i > 0) & ~3;
        if (used > 0 && at >= used && at < used + 4) continue;
        record.setUint8(at, 1);
        expect(validateRecord(record, place), `byte ${at}`).toBe('unused-not-zero');
      }
    }
  });

  it('is refused when it pauses for nothing, asks for nothing, or has another length', () => {
    const record = blank();
    writePause(record, 0);
    expect(validateRecord(record, place)).toBe('pause-zero');
    writeManual(record, 0);
    expect(validateRecord(record, place)).toBe('instruction-zero');
    expect(validateRecord(new DataView(new ArrayBuffer(63)), place)).toBe('length');
  });

  it('is the check in piece 0 only, and an end in the last', () => {
    expect(validateRecord(dispense(), { ...place, index: 0 })).toBe('op-misplaced');
    expect(validateRecord(dispense(), { ...place, index: 7 })).toBe('op-misplaced');
    const check = blank();
    writeCheck(check, 8, new Uint8Array(16), 1);
    expect(validateRecord(check, place)).toBe('op-misplaced');
    check.setUint8(60, 1);
    expect(validateRecord(check, { ...place, index: 0 })).toBe('unused-not-zero');
  });

  it('is judged without a crash, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.nat(9), (raw, index) => {
        const verdict = validateRecord(new DataView(Uint8Array.from(raw).buffer), { index, pieceCount: 10, slots: 3 });
        expect(verdict === null || typeof verdict === 'string').toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('names instructions by numbers that stay', () => {
    expect(instructionName(1)).toBe('add-ice');
    expect(instructionName(99)).toBeNull();
  });
});
