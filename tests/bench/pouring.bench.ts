import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createExecutor } from '#cell/executor/executor.ts';
import { Grant } from '#cell/executor/grant.ts';
import { runJob } from '#cell/executor/pump-job.ts';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { Dice } from '#firmware-bridge/sim/dice.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { milliseconds } from '#shared/units.ts';
import { startAvrBoard } from '#tests/hardware/avr-board.ts';
import { type Board, pulses } from '#tests/support/board.ts';
import { patientClock } from '#tests/support/patient-clock.ts';
import { bounds, dispense } from '#tests/support/pump-bench.ts';
import { openSeal } from '#tests/support/totals-seal.ts';
import { busy } from './pouring/busy.ts';
import { eightPumps, openEightPumps, pumpPins } from './pouring/eight-pumps.ts';
import { quantile, report } from './report.ts';

/** Pouring by the firmware's binary on an emulated ATmega328P; both cores of the computer are kept busy while doses are measured. */
const doses = 10_000;
const deaths = 100;
const stops = 200;
const tickUs = 16;
const cycleNs = 62.5;

const folder = mkdtempSync(join(tmpdir(), 'decant-bench-'));
const seed = 20_180_601;

/** How far doses are from what was ordered, and from what the board says that it executed, µs. */
async function doseErrors(): Promise<{ readonly errors: number[]; readonly told: number[] }> {
  const random = new Dice(seed);
  await using board = await startAvrBoard(folder);
  // the emulator, too, waits for its share of the two busy cores, and answers later than any board would
  await using dispenser = await openEightPumps(board.path, { clock: patientClock });
  const ports = { dispenser, clock: systemClock, log: silentLog, lease: milliseconds(2_000) };
  using steps = new StepBuffer();
  using executed = new DoseBuffer();
  using _load = busy();
  const errors: number[] = [];
  const told: number[] = [];
  while (errors.length < doses) {
    const from = board.edges.length;
    const ordered = fill(steps, random);
    const end = await runJob(ports, steps, executed, () => true);
    if (end.t !== 'done') throw new Error(`a job ended as ${JSON.stringify(end)}`);
    await board.until((edges) => edges.slice(from).filter(({ level }) => level === '0').length >= steps.count);
    const edges = board.edges.slice(from);
    for (const [pump, pin] of pumpPins.entries()) {
      const rows = rowsOf(executed, pump);
      for (const [place, cycles] of pulses(edges, pin).entries()) {
        const us = (cycles * cycleNs) / 1000;
        errors.push(Math.abs(us - (ordered[pump]?.[place] ?? Number.NaN)));
        told.push(Math.abs(us - (rows[place] ?? Number.NaN)));
      }
    }
  }
  return { errors, told };
}

/** Eight doses of 5 … 60 ms for each pump, with breaks of 1 … 20 ms; answers their lengths, µs. */
function fill(steps: StepBuffer, random: Dice): number[][] {
  steps.wipe();
  return pumpPins.map((_, pump) => {
    let at = 0;
    return Array.from({ length: 8 }, () => {
      const start = at + ticks(1_000 + random.uniform() * 19_000);
      const long = ticks(5_000 + random.uniform() * 55_000);
      steps.push(pump, 0, 1000, start, start + long);
      at = start + long;
      return long;
    });
  });
}

const ticks = (us: number): number => Math.round(us / tickUs) * tickUs;

function rowsOf(executed: DoseBuffer, pump: number): number[] {
  return Array.from({ length: executed.count }, (_, row) => row)
    .filter((row) => executed.pump[row] === pump)
    .map((row) => executed.onUs[row] ?? Number.NaN);
}

/** Ms from the signal to a host that pours until its output is off, as this process sees the pin. */
async function offAfter(signal: 'SIGKILL' | 'SIGSTOP'): Promise<number[]> {
  const random = new Dice(seed + 1);
  await using board = await startAvrBoard(folder);
  const taken: number[] = [];
  for (let death = 0; death < deaths; death += 1) {
    const from = board.edges.length;
    const host = pouringHost(board.path);
    const gone = new Promise((resolve) => host.once('exit', resolve));
    await board.until((edges) => edges.slice(from).some(({ level }) => level === '1'));
    await new Promise((resolve) => setTimeout(resolve, random.uniform() * 500));
    const at = performance.now();
    host.kill(signal);
    await isOff(board, from);
    taken.push(performance.now() - at);
    host.kill('SIGKILL');
    await gone;
  }
  return taken;
}

function pouringHost(port: string): ChildProcess {
  const program = join(import.meta.dirname, 'pouring', 'pour-for-long.ts');
  return spawn(process.execPath, ['--no-opt', '--no-maglev', program, port], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** Resolves when the last edge since then switched an output off. */
function isOff(board: Board, from: number): Promise<void> {
  return board.until((edges) => edges.length > from && edges.at(-1)?.level !== '1');
}

/** Ms from the executor's stop to the output off, as this process sees the pin. */
async function stopTimes(): Promise<number[]> {
  const random = new Dice(seed + 2);
  await using board = await startAvrBoard(folder);
  await using dispenser = await openEightPumps(board.path);
  const executor = createExecutor({
    dispenser,
    clock: systemClock,
    log: silentLog,
    machine: eightPumps,
    token: openSeal,
  });
  const taken: number[] = [];
  for (let stop = 0; stop < stops; stop += 1) {
    const from = board.edges.length;
    using grant = new Grant({ t: 'batch', licence: '00' });
    await using run = executor.open(grant, bounds);
    const poured = run.piece(dispense('together', [[0, 100_000]]));
    const on = board.until((edges) => edges.slice(from).some(({ level }) => level === '1'));
    const failed = poured.then((end) => {
      throw new Error(`a job ended before its stop: ${JSON.stringify(end)}`);
    });
    await Promise.race([on, failed]);
    failed.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, random.uniform() * 200));
    const at = performance.now();
    const stopping = run.stop('machine/pour-interrupted');
    await isOff(board, from);
    taken.push(performance.now() - at);
    await Promise.all([stopping, poured]);
  }
  return taken;
}

try {
  const { errors, told } = await doseErrors();
  const beyond = errors.filter((us) => us > tickUs).length;
  const killed = await offAfter('SIGKILL');
  const halted = await offAfter('SIGSTOP');
  const stopped = await stopTimes();
  const most = (values: readonly number[]): number => Math.max(...values);
  const within = (values: readonly number[]): string =>
    `${values.filter((ms) => ms <= 250).length} of ${values.length} within 250 ms`;
  report('pouring by the firmware on an emulated ATmega328P, both cores busy', [
    { what: 'length of a dose against the order, p50', value: quantile(errors, 0.5), unit: 'µs', runs: errors.length },
    { what: 'length of a dose against the order, p99', value: quantile(errors, 0.99), unit: 'µs', runs: errors.length },
    {
      what: 'length of a dose against the order, greatest',
      value: most(errors),
      unit: 'µs',
      runs: errors.length,
      beside: `one tick is ${tickUs} µs`,
    },
    { what: 'doses further off than one tick', value: beyond, unit: '', runs: errors.length, beside: 'goal 0' },
    { what: 'executed time as told against the pin, greatest', value: most(told), unit: 'µs', runs: told.length },
  ]);
  report('outputs off, seen at the pin', [
    {
      what: 'host killed (SIGKILL), p50',
      value: quantile(killed, 0.5),
      unit: 'ms',
      runs: killed.length,
      beside: within(killed),
    },
    {
      what: 'host killed (SIGKILL), longest',
      value: most(killed),
      unit: 'ms',
      runs: killed.length,
      beside: 'lease 250 ms',
    },
    {
      what: 'host halted (SIGSTOP), p50',
      value: quantile(halted, 0.5),
      unit: 'ms',
      runs: halted.length,
      beside: within(halted),
    },
    {
      what: 'host halted (SIGSTOP), longest',
      value: most(halted),
      unit: 'ms',
      runs: halted.length,
      beside: 'lease 250 ms',
    },
    { what: 'stop asked of the executor, p50', value: quantile(stopped, 0.5), unit: 'ms', runs: stopped.length },
    {
      what: 'stop asked of the executor, p99',
      value: quantile(stopped, 0.99),
      unit: 'ms',
      runs: stopped.length,
      beside: 'goal ≤ 100 ms',
    },
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
