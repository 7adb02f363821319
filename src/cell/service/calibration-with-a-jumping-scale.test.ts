import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';

let world: CellWorld;
let cell: TestCell;

beforeAll(async () => {
  world = await cellWorld('stub');
  const pumps = world.config.pumps.map((pump) => ({ ...pump, flow: pump.flow.slice(-1), density_mg_per_ml: 1200 }));
  cell = await world.ready({ pumps });
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function doses(line = 1): Promise<number[]> {
  const jobs: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    const { job } = await cell.askAtConsole('service_run', {
      program: 'measure',
      lines: [line],
      ul: 50_000,
      who: 'ada',
    });
    jobs.push(job);
  }
  return jobs;
}
const calibrate = (weighed: readonly ({ job: number; ul: number } | { job: number; mg: number })[], line = 1) =>
  cell.askAtConsole('calibrate', { line, doses: [...weighed], water: false, dry_run: false, who: 'ada' });
const calibrations = () => cell.ledger.service.calibrations.size;

it('is refused with how far the doses lie apart, and nothing is changed', async () => {
  const shown = [48_000, 50_000, 58_000];
  const weighed = (await doses()).map((job, i) => ({ job, ul: shown[i] ?? 0 }));
  await expect(calibrate(weighed)).rejects.toMatchObject({
    code: 'calibration/spread-too-large',
    facts: { drive: 1000, percent: 10, ml: 5.3 },
  });
  expect(calibrations()).toBe(0);
  expect((await cell.ask('status', {})).lines[0]?.max_flow_ul_per_s).toBe(10_000);
});

it('takes no dose that this line did not pour, none twice, and none of before the last start', async () => {
  const [a = 0, b = 0, c = 0] = await doses();
  const ul = 50_000;
  const refused = { code: 'calibration/dose-unknown' };
  await expect(
    calibrate([
      { job: a, ul },
      { job: b, ul },
      { job: b, ul },
    ]),
  ).rejects.toMatchObject(refused);
  await expect(
    calibrate([
      { job: a, ul },
      { job: b, ul },
      { job: 9_999, ul },
    ]),
  ).rejects.toMatchObject(refused);
  await expect(
    calibrate(
      [
        { job: a, ul },
        { job: b, ul },
        { job: c, ul },
      ],
      2,
    ),
  ).rejects.toMatchObject(refused);
  expect(calibrations()).toBe(0);
});

it('makes volumes of weights by the density of the liquid, and widens the error that is expected of the line', async () => {
  const shown = [59_000, 60_000, 61_000];
  const { new: curve } = await calibrate(
    (await doses(3)).map((job, i) => ({ job, mg: shown[i] ?? 0 })),
    3,
  );
  expect(curve).toMatchObject({ points: [{ drive: 1000, ul_per_s: 10_000 }], lag_us: 0 });
  expect((await cell.ask('status', {})).lines[2]).toMatchObject({ dose_error_ul: 2 * 833, calibrated: curve.measured });
});

it('wants a dose for each drive that the line had, or a pump that can be slowed could not be any more', async () => {
  await cell[Symbol.asyncDispose]();
  cell = await world.boot();
  const weighed = (await doses(2)).map((job) => ({ job, ul: 50_000 }));
  await expect(calibrate(weighed, 2)).rejects.toMatchObject({
    code: 'calibration/too-few-doses',
    facts: { drive: 400, doses: 0 },
  });
});
