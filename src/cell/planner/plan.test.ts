import { describe, expect, it } from 'vitest';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import type { Timing } from '#recipes/record.ts';
import { microlitresPerSecond as flow, microlitres, microseconds } from '#shared/units.ts';
import { dispense, manualPiece, pausePiece } from '#tests/support/pump-bench.ts';
import { FlowCalibration } from './flow-calibration.ts';
import { plan, unplannable } from './plan.ts';
import type { PlannerLine, PlannerMachine } from './planner-machine.ts';

/** Steps as [pump, drive, start ms, stop ms], cut to whole milliseconds. */
function steps(out: StepBuffer): number[][] {
  return Array.from({ length: out.count }, (_, row) => [
    out.pump[row] ?? -1,
    out.drive[row] ?? -1,
    Math.floor((out.startUs[row] ?? -1) / 1000),
    Math.floor((out.stopUs[row] ?? -1) / 1000),
  ]);
}

function line(pump: number, points: readonly (readonly [number, number])[], lag = 0): PlannerLine {
  const measured = points.map(([drive, each]) => ({ drive, flow: flow(each) }));
  return { pump, calibration: new FlowCalibration({ points: measured, lag: microseconds(lag), factor: 1000 }) };
}

function machineOf(slots: readonly PlannerLine[], others: Partial<PlannerMachine> = {}): PlannerMachine {
  return { slots, atOnce: 6, smallDose: microlitres(0), nominalFlow: flow(0), ...others };
}

const threePumps = machineOf([0, 1, 2].map((pump) => line(pump, [[500, 700], [1000, 2_000]]))); // biome-ignore format: a table
const abc = [
  [0, 4_000],
  [1, 2_000],
  [2, 1_000],
] as const;
const out = new StepBuffer();

describe('a pump with one speed', () => {
  const machine = machineOf([line(0, [[1000, 2_000]]), line(1, [[1000, 2_000]], 20_000)]);

  it('pours in pulses, the first at the start and the last until the common end', () => {
    plan(
      dispense('same_end', [
        [0, 8_000],
        [1, 2_000],
      ]),
      machine,
      out,
    );
    const pulses = steps(out).filter(([pump]) => pump === 1);
    expect(pulses).toEqual([
      [1, 1000, 0, 270],
      [1, 1000, 1243, 1513],
      [1, 1000, 2486, 2756],
      [1, 1000, 3730, 4000],
    ]);
  });

  it('pours a dose that is too small to be cut in one piece from the start', () => {
    plan(
      dispense('same_end', [
        [0, 8_000],
        [1, 400],
      ]),
      machine,
      out,
    );
    expect(steps(out)).toContainEqual([1, 1000, 0, 220]);
  });
});

describe('the power budget', () => {
  const four = machineOf(
    [0, 1, 2, 3].map((pump) => line(pump, [[500, 1_000], [1000, 2_000]])), // biome-ignore format: a table
    { atOnce: 2 },
  );
  const doses = [
    [0, 4_000],
    [1, 2_000],
    [2, 2_000],
    [3, 2_000],
  ] as const;

  it('lets later pumps start as soon as another is done', () => {
    plan(dispense('together', doses), four, out);
    expect(steps(out).map(([pump, , start, stop]) => [pump, start, stop])).toEqual([
      [0, 0, 2000],
      [1, 0, 1000],
      [2, 1000, 2000],
      [3, 2000, 3000],
    ]);
  });

  it('pours in rounds that each end together', () => {
    plan(dispense('same_end', doses), four, out);
    expect(steps(out).map(([pump, , start, stop]) => [pump, start, stop])).toEqual([
      [0, 0, 2000],
      [1, 0, 2000],
      [2, 2000, 3000],
      [3, 2000, 3000],
    ]);
  });

  it.each([0, 1])('pours one after the other, and never for ever, with a budget of %i', (atOnce) => {
    for (const timing of ['together', 'same_end'] as const) {
      expect(plan(dispense(timing, doses), { ...four, atOnce }, out)).toBe(4);
      expect(steps(out).at(-1)?.[3]).toBe(5000);
    }
  });
});

describe('the power of all running pumps together', () => {
  /** Pumps of 2 ml/s that draw 10, 6, 5 and 4 W, on a supply of 12 W. */
  const supplied = machineOf(
    [10_000, 6_000, 5_000, 4_000].map((powerMw, pump) => ({
      ...line(pump, [[500, 1_000], [1000, 2_000]]), // biome-ignore format: a table
      powerMw,
    })),
    { powerMw: 12_000 },
  );
  const planned = (timing: Timing, machine = supplied): (number | undefined)[][] => {
    const doses = [
      [0, 4_000],
      [1, 2_000],
      [2, 6_000],
      [3, 2_000],
    ] as const;
    plan(dispense(timing, doses), machine, out);
    return steps(out).map(([pump, , start, stop]) => [pump, start, stop]);
  };

  it.each(['machine', 'together'] as const)(
    'lets a dose start, with timing %s, once there is power for it',
    (timing) => {
      expect(planned(timing)).toEqual([
        [0, 0, 2000],
        [1, 2000, 3000],
        [2, 2000, 5000],
        [3, 3000, 4000],
      ]);
    },
  );

  it('pours with a common end in rounds of as many pumps as there is power for', () => {
    expect(planned('same_end')).toEqual([
      [0, 0, 2000],
      [1, 2000, 4000],
      [2, 2000, 5000],
      [3, 5000, 6000],
    ]);
  });

  it('changes nothing where one pours after the other, or where there is enough', () => {
    const enough = { ...supplied, powerMw: 25_000 };
    expect(planned('one_after_other').at(-1)).toEqual([3, 6000, 7000]);
    expect(planned('together', enough).map(([, start]) => start)).toEqual([0, 0, 0, 0]);
    expect(planned('together', { ...enough, powerMw: 24_999 }).map(([, start]) => start)).toEqual([0, 0, 0, 1000]);
  });

  it('refuses a piece with a pump that alone draws more: its machine’s configuration would have been refused', () => {
    const weak = { ...supplied, powerMw: 9_999 };
    for (const timing of ['together', 'same_end', 'one_after_other'] as const) {
      expect(plan(dispense(timing, [[0, 4_000]]), weak, out)).toBe(unplannable);
      expect(plan(dispense(timing, [[1, 4_000]]), weak, out)).toBe(1);
    }
  });
});

it('runs a small dose at half speed, and at any speed hinted by the author', () => {
  const machine = machineOf([line(0, [[250, 500], [1000, 2_000]])], { smallDose: microlitres(20_000) }); // biome-ignore format: a table
  const drive = (amount: number, hint: number): number | undefined => {
    const piece = dispense('together', [[0, amount]]);
    piece.setUint8(9, hint);
    plan(piece, machine, out);
    return out.drive[0];
  };
  expect([drive(19_999, 0), drive(20_000, 0), drive(40_000, 75), drive(10_000, 75), drive(40_000, 1)]).toEqual([
    500, 1000, 750, 500, 250,
  ]);
});

it('slows no dose below the nominal flow, unless the pump can do no more', () => {
  const slow = line(0, [[250, 500], [1000, 2_000]]); // biome-ignore format: a table
  const drive = (nominal: number): number | undefined => {
    const machine = machineOf([slow], { smallDose: microlitres(20_000), nominalFlow: flow(nominal) });
    plan(dispense('together', [[0, 10_000]]), machine, out);
    return out.drive[0];
  };
  expect([drive(0), drive(1_500), drive(9_000)]).toEqual([500, 750, 1000]);
});

it('adds the lag of the pump to each dose', () => {
  plan(dispense('together', [[0, 2_000]]), machineOf([line(0, [[1000, 2_000]], 55_000)]), out);
  expect(steps(out)).toEqual([[0, 1000, 0, 1055]]);
});

it('makes no steps of pieces that pour nothing', () => {
  expect(plan(pausePiece(500), threePumps, out)).toBe(0);
  expect(plan(manualPiece(3), threePumps, out)).toBe(0);
  expect(plan(dispense('together', [[0, 0]]), threePumps, out)).toBe(0);
  expect(out.isWiped()).toBe(true);
});

describe('a piece that cannot be planned', () => {
  const good = (): DataView => dispense('one_after_other', abc);
  it.each<[string, (piece: DataView) => void]>([
    ['an unknown operation', (piece) => piece.setUint8(0, 5)],
    ['an unknown timing', (piece) => piece.setUint8(1, 4)],
    ['more entries than a record has', (piece) => piece.setUint8(2, 7)],
    ['a slot without a line', (piece) => piece.setUint8(16, 3)],
    ['an amount beyond any glass', (piece) => piece.setUint32(12, 4_000_000_000, true)],
    ['an amount that takes longer than a job may', (piece) => piece.setUint32(20, 900_000_000, true)],
  ])('is refused for %s, and leaves nothing behind', (_, spoil) => {
    const piece = good();
    spoil(piece);
    expect(plan(piece, threePumps, out)).toBe(unplannable);
    expect(out.isWiped()).toBe(true);
  });

  it('is refused when only the round would be too long', () => {
    expect(plan(dispense('same_end', [[0, 900_000_000]]), threePumps, out)).toBe(unplannable);
  });
});
