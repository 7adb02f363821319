import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { microlitres, microlitresPerSecond, milliseconds } from '#shared/units.ts';
import { baseOf, type Driver, openPumps } from './benches.ts';
import { driven, forgetDriven, SimChip } from './sim-chip.ts';
import { report } from './words.ts';

const jobs = 20;
const dosesPerJob = 26;
const busyMs = 3;
const lease = milliseconds(5_000);
const limits = [0, 1].map((pump) => ({
  pump,
  maxOn: milliseconds(60_000),
  maxVolume: microlitres(600_000),
  maxFlow: microlitresPerSecond(1_000),
}));

/**
 * Pours doses of 20 … 120 ms by two pumps and reports how far their lengths, as the kernel stamped the writes, were from
 * what was planned, and from what the driver recorded, µs.
 */
export async function measureDoses(driver: Driver, disturbed: boolean): Promise<void> {
  const chip = new SimChip(4);
  const base = baseOf(chip);
  const dispenser = await openPumps(driver, chip);
  await dispenser.configure(limits);
  const errors: number[] = [];
  const misrecorded: number[] = [];
  const doses = new DoseBuffer();
  const disturbance = disturbed ? setInterval(() => busyFor(busyMs), 17) : undefined;
  for (let job = 0; job < jobs; job += 1) {
    forgetDriven();
    const { ended } = await dispenser.arm(doseSteps(job), lease);
    await ended;
    await dispenser.lastJob(doses);
    for (const pump of [0, 1]) {
      const lengths = kernelLengths(base + pump);
      const rows = Array.from({ length: doses.count }, (_, row) => row).filter((row) => doses.pump[row] === pump);
      for (const [i, row] of rows.entries()) {
        errors.push((lengths[i] ?? 0) - plannedUs(job, row));
        misrecorded.push((lengths[i] ?? 0) - (doses.onUs[row] ?? 0));
      }
    }
  }
  clearInterval(disturbance);
  await dispenser[Symbol.asyncDispose]();
  const name = `${driver}${disturbed ? `, the loop busy for ${busyMs} ms of 17` : ''}`;
  report({
    t: 'figures',
    name,
    figures: { ...spread(errors), record_max_us: spread(misrecorded).max_us, busy_us: disturbed ? busyMs * 1000 : 0 },
  });
}

const plannedUs = (job: number, row: number): number => 20_000 + ((job * 7_919 + row * 104_729) % 100_000);

/** Rows take turns between the pumps; those of one pump follow each other in time. */
function doseSteps(job: number): StepBuffer {
  const steps = new StepBuffer();
  const free = [0, 13_370];
  for (let row = 0; row < dosesPerJob; row += 1) {
    const pump = row % 2;
    const start = free[pump] ?? 0;
    const stop = start + plannedUs(job, row);
    steps.push(pump, 0, 1000, start, stop);
    free[pump] = stop + 15_551;
  }
  return steps;
}

/** How long the line was low each time, by the kernel's stamps. */
function kernelLengths(line: number): number[] {
  const lengths: number[] = [];
  let since: number | null = null;
  for (const { level, at } of driven().filter((each) => each.line === line)) {
    if (level === 0) since = at;
    else if (since !== null) {
      lengths.push(at - since);
      since = null;
    }
  }
  return lengths;
}

function spread(errors: readonly number[]) {
  const sizes = errors.map(Math.abs).sort((a, b) => a - b);
  const at = (share: number): number => sizes[Math.min(sizes.length - 1, Math.floor(share * sizes.length))] ?? 0;
  return { doses: sizes.length, p50_us: at(0.5), p99_us: at(0.99), max_us: at(1) };
}

function busyFor(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
