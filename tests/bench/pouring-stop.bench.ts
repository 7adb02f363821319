import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createExecutor } from '#cell/executor/executor.ts';
import { Grant } from '#cell/executor/grant.ts';
import { Dice } from '#firmware-bridge/sim/dice.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { startAvrBoard } from '#tests/hardware/avr-board.ts';
import { bounds, dispense } from '#tests/support/pump-bench.ts';
import { openSeal } from '#tests/support/totals-seal.ts';
import { parsePin } from '#wire/pin.ts';
import { busy } from './pouring/busy.ts';
import { eightPumps, openEightPumps } from './pouring/eight-pumps.ts';
import { MachineOnABoard } from './pouring/machine-on-a-board.ts';
import { type Figure, quantile, report } from './report.ts';

/** How soon the outputs are off at the pins of an emulated ATmega328P when somebody touches Stop, and when the glass is lifted. */
const stops = 100;
const busyStops = 40;
const lifts = 200;
const goalMs = 100;
const glassPin = 15;

const folder = mkdtempSync(join(tmpdir(), 'decant-bench-'));
const seed = 20_180_602;

interface Stops {
  readonly taken: readonly number[];
  /** Drinks that ended by themselves: a starved host renews too late. */
  readonly lost: number;
}

/**
 * Ms from a finger on the screen's Stop to the last output off, each in a drink that was bought: from before Chromium gets the
 * finger until this process reads of the pin.
 */
async function screenStops(machine: MachineOnABoard, stops: number): Promise<Stops> {
  const random = new Dice(seed);
  const taken: number[] = [];
  let lost = 0;
  while (taken.length < stops) {
    if ((taken.length + lost) % 20 === 0) await machine.fill();
    const ms = await stopOf(machine, random.uniform() * 3_000);
    if (ms === null) lost += 1;
    else taken.push(ms);
    if (lost > stops) throw new Error('more drinks end by themselves than by a stop');
  }
  return { taken, lost };
}

/** Null when the drink ended otherwise. */
async function stopOf(machine: MachineOnABoard, after: number): Promise<number | null> {
  const isPoured = await machine.pour();
  if (isPoured) await sleep(after);
  if (!isPoured || !(await machine.flows())) {
    await machine.leave();
    return null;
  }
  const at = performance.now();
  const off = await machine.stop();
  return off === null ? null : off - at;
}

/** Ms from the glass's contact opening at the board to the output off, from before the board gets it until this process reads of the pin. */
async function glassLifts(): Promise<number[]> {
  const random = new Dice(seed + 1);
  await using board = await startAvrBoard(folder);
  board.command(`pin ${glassPin} 1`);
  await using dispenser = await openEightPumps(board.path, { contacts: { glass: parsePin('A1') } });
  const ports = { dispenser, clock: systemClock, log: silentLog, machine: eightPumps, token: openSeal };
  const executor = createExecutor(ports);
  const taken: number[] = [];
  for (let lift = 0; lift < lifts; lift += 1) {
    const from = board.edges.length;
    using grant = new Grant({ t: 'batch', licence: '00' });
    await using run = executor.open(grant, bounds);
    const poured = run.piece(dispense('together', [[0, 100_000]]));
    await board.until((edges) => edges.slice(from).some(({ level }) => level === '1'));
    await sleep(random.uniform() * 200);
    // an output that is off already would be taken for one that the contact switched off
    if (board.edges.at(-1)?.level !== '1') throw new Error('off before the glass was lifted');
    const at = performance.now();
    board.command(`pin ${glassPin} 0`);
    await board.until((edges) => edges.at(-1)?.level === '0');
    taken.push(performance.now() - at);
    await run.stop('machine/pour-interrupted');
    await poured;
    board.command(`pin ${glassPin} 1`);
    while (dispenser.inputs().glass !== 'made') await dispenser.readBack();
  }
  return taken;
}

function figures(what: string, taken: readonly number[], besides = ''): Figure[] {
  const within = taken.filter((ms) => ms <= goalMs).length;
  const line = (name: string, value: number, beside: string): Figure => {
    return { what: `${what}, ${name}`, value, unit: 'ms', runs: taken.length, beside };
  };
  return [
    line('p50', quantile(taken, 0.5), ''),
    line('p99', quantile(taken, 0.99), `goal ≤ ${goalMs} ms`),
    line('longest', Math.max(...taken), `${within} of ${taken.length} within ${goalMs} ms${besides}`),
  ];
}

const ofStops = (what: string, { taken, lost }: Stops): Figure[] =>
  figures(what, taken, lost === 0 ? '' : `; ${lost} drinks ended by themselves`);

const at = (where: string): string => `outputs off, seen at the pin of an emulated ATmega328P, ${where}`;

try {
  report(at('at the board'), figures('glass lifted', await glassLifts()));
  await using machine = await MachineOnABoard.start(folder);
  report(at('whole machine'), ofStops('Stop touched in Chromium', await screenStops(machine, stops)));
  using _load = busy();
  report(at('both cores busy'), ofStops('Stop touched in Chromium', await screenStops(machine, busyStops)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
