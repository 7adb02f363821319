import { describe, expect, it } from 'vitest';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import type { Timing } from '#recipes/record.ts';
import { microlitresPerSecond as flow, microlitres, microseconds, milliseconds } from '#shared/units.ts';
import { type Bench, bench, dispense } from '#tests/support/pump-bench.ts';
import { FlowCalibration, type Measured } from '../planner/flow-calibration.ts';
import { plan, unplannable } from '../planner/plan.ts';
import type { PlannerMachine } from '../planner/planner-machine.ts';

/**
 * The numbers of the 2018 pump controller, measured on it, against ours. Its flows were l/s at drives of 0.5, 0.7 and 1,
 * its times whole milliseconds. It knew no lag, no slow small doses and no power budget.
 */
const table = (top: number, middle: number, bottom: number): Measured => ({
  points: [
    { drive: 500, flow: flow(bottom) },
    { drive: 700, flow: flow(middle) },
    { drive: 1000, flow: flow(top) },
  ],
  lag: microseconds(0),
  factor: 1000,
});
const oneSpeed = (top: number): Measured => ({
  points: [{ drive: 1000, flow: flow(top) }],
  lag: microseconds(0),
  factor: 1000,
});

const a = table(2_040, 1_250, 700);
const b = table(2_120, 1_250, 660);
const c = table(2_050, 1_250, 690);

/** [pump, on ms, off ms, drive permille] */
type Run = readonly [pump: number, on: number, off: number, drive: number];

interface Case {
  readonly name: string;
  readonly timing: Timing;
  /** A, B and C of the measurement, unless others are meant. */
  readonly pumps?: readonly Measured[];
  /** [pump, ml] */
  readonly doses: readonly (readonly [number, number])[];
  readonly in2018: readonly Run[];
  /** Where we differ, and why; times are cut to whole milliseconds. */
  readonly now?: readonly Run[];
  readonly because?: string;
}

const abc = [
  [0, 4],
  [1, 2],
  [2, 1],
] as const;
const atOnce: readonly Run[] = [
  [0, 0, 1960, 1000],
  [1, 0, 943, 1000],
  [2, 0, 487, 1000],
];

const cases: readonly Case[] = [
  {
    name: 'mode 0, the machine decides: all start, each as fast as it can',
    timing: 'machine',
    doses: abc,
    in2018: atOnce,
  },
  { name: 'mode 1, all as fast as possible', timing: 'together', doses: abc, in2018: atOnce },
  {
    name: 'mode 2, all end with the slowest; C is too fast for that even at its lowest drive and ends early',
    timing: 'same_end',
    doses: abc,
    in2018: [
      [0, 0, 1960, 1000],
      [1, 0, 1960, 622],
      [2, 0, 1449, 500],
    ],
    now: [
      [0, 0, 1960, 1000],
      [1, 0, 1956, 623],
      [2, 0, 1449, 500],
    ],
    because:
      'a drive is a whole permille here, the next higher one, so that B is never the last; it pours the same 2 ml',
  },
  {
    name: 'mode 3, one after the other',
    timing: 'one_after_other',
    doses: abc,
    in2018: [
      [0, 0, 1960, 1000],
      [1, 1960, 2903, 1000],
      [2, 2903, 3390, 1000],
    ],
    now: [
      [0, 0, 1960, 1000],
      [1, 1960, 2904, 1000],
      [2, 2904, 3391, 1000],
    ],
    because: 'each time was cut to a whole millisecond there, so that the pours after it began, and ended, too early',
  },
  {
    name: 'mode 1 with one ingredient twice',
    timing: 'together',
    doses: [
      [0, 1],
      [0, 2],
    ],
    in2018: [[0, 0, 490, 1000]],
    now: [[0, 0, 1470, 1000]],
    because: 'the second entry overwrote the first in its table there: 1 ml of the 3 was poured',
  },
  {
    name: 'mode 3 with one ingredient twice',
    timing: 'one_after_other',
    doses: [
      [0, 1],
      [0, 2],
    ],
    in2018: [
      [0, 0, 490, 1000],
      [0, 490, 1470, 1000],
    ],
  },
  {
    name: 'an amount of 1.9 ml',
    timing: 'together',
    doses: [[0, 1.9]],
    in2018: [[0, 0, 490, 1000]],
    now: [[0, 0, 931, 1000]],
    because: 'amounts were cut to whole millilitres there',
  },
  {
    name: 'an amount of 0.9 ml',
    timing: 'together',
    doses: [[0, 0.9]],
    in2018: [],
    now: [[0, 0, 441, 1000]],
    because: 'amounts were cut to whole millilitres there: this one to nothing, which ended the process',
  },
  {
    name: 'mode 2 with a pump that knows one speed',
    timing: 'same_end',
    pumps: [a, oneSpeed(2_120), c],
    doses: abc.slice(0, 2),
    in2018: [
      [0, 0, 1960, 1000],
      [1, 0, 943, 1000],
    ],
    now: [
      [0, 0, 1960, 1000],
      [1, 0, 314, 1000],
      [1, 822, 1136, 1000],
      [1, 1645, 1960, 1000],
    ],
    because: 'it ended early there; here it pours in pulses, the last of which ends with the slowest',
  },
  {
    name: 'mode 2 with a pump behind a relay that is calibrated as if it could be slowed',
    timing: 'same_end',
    pumps: [a, oneSpeed(2_120)],
    doses: abc.slice(0, 2),
    in2018: [
      [0, 0, 1960, 1000],
      [1, 0, 1960, 1000],
    ],
    now: [
      [0, 0, 1960, 1000],
      [1, 0, 314, 1000],
      [1, 822, 1136, 1000],
      [1, 1645, 1960, 1000],
    ],
    because:
      'that driver turned a lower drive into full power for the longer time: 4.15 ml of 2 ml; a relay has one point here',
  },
];

const out = new StepBuffer();

function machineOf(measured: readonly Measured[]): PlannerMachine {
  const slots = measured.map((each, pump) => ({ pump, calibration: new FlowCalibration(each) }));
  return { slots, atOnce: 8, smallDose: microlitres(0), nominalFlow: flow(0) };
}

function runs(): Run[] {
  const ms = (us: number | undefined): number => Math.floor((us ?? -1) / 1000);
  return Array.from(
    { length: out.count },
    (_, row): Run => [out.pump[row] ?? -1, ms(out.startUs[row]), ms(out.stopUs[row]), out.drive[row] ?? -1],
  );
}

describe('the arithmetic of the 2018 machine', () => {
  it.each(cases)('$name', ({ timing, pumps = [a, b, c], doses, in2018, now = in2018, because }) => {
    expect(because === undefined).toBe(now === in2018);
    const piece = dispense(
      timing,
      doses.map(([pump, ml]) => [pump, ml * 1000]),
    );
    plan(piece, machineOf(pumps), out);
    expect(runs()).toEqual(now);
  });

  it('has no mode 4: the piece is refused, as there', () => {
    const piece = dispense('together', [[0, 1_000]]);
    piece.setUint8(1, 4);
    expect(plan(piece, machineOf([a]), out)).toBe(unplannable);
  });
});

describe('lines and sleeps of the 2018 machine, through a whole run:', () => {
  const slots = [0, 1, 2].map((place) => ({ maxUl: microlitres(200_000), line: place }));
  const wide = { durationMs: milliseconds(3_600_000), slots };
  const ready = (): Promise<Bench> => bench({ pumps: [a, b, c], bounds: wide, machine: { dripWait: microseconds(0) } });
  const line = (sleep: number): DataView => dispense('same_end', [[0, 1_000]], sleep);

  it('a sleep of 500 between two lines, off 490 and next on 991: ours stops 0.2 ms later and starts in the same one', async () => {
    const { clock, run, sim } = await ready();
    const poured = (async () => {
      await run.piece(line(500));
      await run.piece(line(0));
      return run.finish();
    })();
    await clock.advance(0);
    const edges: number[] = [];
    let isOn = 0;
    for (let ms = 0; ms <= 1_600; ms += 1) {
      if ((await sim.readBack()) !== isOn) edges.push(ms);
      isOn = await sim.readBack();
      await clock.advance(1);
    }
    // 490.196 ms on; seen at whole milliseconds. Their next line began 1 ms behind the last, ours once the outputs are read back
    expect(edges).toEqual([0, 491, 991, 1_482]);
    expect(await clock.until(poured)).toMatchObject({ result: 'ok', ordered_ul: 2_000, delivered_ul: 2_000 });
  });

  it('the sleep after the last line is not waited for, as there', async () => {
    const { clock, run } = await ready();
    await clock.until(run.piece(line(5_000)));
    await clock.until(run.finish());
    expect(clock.monotonic()).toBe(491);
  });

  it('a sleep of 2^31 - 1 ms, which ended that program as "SUCCESS" with nothing poured, is refused before anything moves', async () => {
    const { clock, run, inGlass } = await ready();
    await clock.until(run.piece(line(2 ** 31 - 1)));
    const before = inGlass();
    expect(await clock.until(run.piece(line(0)))).toEqual({ t: 'ended', why: 'recipe/over-bound' });
    expect(inGlass()).toBe(before);
    expect(await clock.until(run.finish())).toMatchObject({ result: 'partial', reason: 'recipe/over-bound' });
  });
});
