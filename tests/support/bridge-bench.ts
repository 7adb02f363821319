import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';

import type { BridgeDispenser } from '#firmware-bridge/bridge/bridge-dispenser.ts';
import type { BridgeOptions } from '#firmware-bridge/bridge/bridge-options.ts';
import { openBridge } from '#firmware-bridge/bridge/open-bridge.ts';
import type { OpenPort } from '#firmware-bridge/bridge/serial-port.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import type { Clock } from '#shared/clock.ts';
import { type Log, silentLog } from '#shared/log.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { milliseconds } from '#shared/units.ts';
import type { Board } from './board.ts';
import { benchLimits, benchOptions } from './bridge-wiring.ts';
import type { ContactBench, DispenserBench } from './dispenser-contract.ts';
import { startNativeBoard } from './native-board.ts';
import { patientClock } from './patient-clock.ts';

export const benchLease = milliseconds(250);

interface BenchChoices {
  /** Patient, unless given. */
  readonly clock?: Clock;
  readonly log?: Log;
  readonly openPort?: OpenPort;
  readonly wiring?: (port: string) => BridgeOptions;
}

export interface BridgeBench extends AsyncDisposable {
  readonly board: Board;
  readonly dispenser: BridgeDispenser;
}

/** A native board with glass and door in place. */
export async function benchBoard(): Promise<Board> {
  const board = await startNativeBoard(inject('runFolder'));
  board.command('pin 7 0');
  board.command('pin 14 0');
  return board;
}

/** Such a board, and a host on its line. */
export async function bridgeBench(others: BenchChoices = {}): Promise<BridgeBench> {
  await using stack = new AsyncDisposableStack();
  const board = stack.use(await benchBoard());
  const dispenser = stack.use(await openBenchBridge(board.path, others));
  const held = stack.move();
  return { board, dispenser, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** A bench whose pumps may run. */
export async function readyBench(others: BenchChoices = {}): Promise<BridgeBench> {
  const bench = await bridgeBench(others);
  await bench.dispenser.configure(benchLimits);
  return bench;
}

export function openBenchBridge(
  port: string,
  { wiring = benchOptions, ...ports }: BenchChoices = {},
): Promise<BridgeDispenser> {
  return openBridge(wiring(port), { clock: patientClock, entropy: systemEntropy, log: silentLog, ...ports });
}

/** Steps as [pump, start ms, stop ms], at full drive. */
export function stepsOf(...rows: readonly (readonly [number, number, number])[]): StepBuffer {
  const buffer = new StepBuffer();
  for (const [pump, start, stop] of rows) buffer.push(pump, 0, 1000, start * 1000, stop * 1000);
  return buffer;
}

/** Resolves when `condition` holds, asked every few ms. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(2);
}

/** Resolves when an output is on. */
export function untilOn(board: Board, pin: number): Promise<void> {
  return board.until((edges) => edges.some((edge) => edge.pin === pin && edge.level === '1'));
}

/** Resolves when an output was on and is off. */
export function untilOff(board: Board, pin: number): Promise<void> {
  return board.until((edges) => {
    const own = edges.filter((edge) => edge.pin === pin);
    return own.some(({ level }) => level === '1') && own.at(-1)?.level !== '1';
  });
}

/** Takes the glass from its contact at a board of these benches, and puts it back. */
export function touchGlass(board: Board): ContactBench['touch'] {
  return async ({ glass }) => board.command(glass === 'open' ? 'pin 7 z' : 'pin 7 0');
}

/** A job begins so much after it was armed; its own time counts from there. */
const beginsAfterMs = 4;
/** More than a tick. */
const roundingUs = 16;

/** What the contract of dispensers asks of a bench, on a board whose time is real: advancing waits for it, from place to place. */
export function onRunningBoard({ dispenser }: Pick<BridgeBench, 'dispenser'>): DispenserBench {
  let place = 0;
  const arm: BridgeDispenser['arm'] = async (...args) => {
    const armed = await dispenser.arm(...args);
    place = (await farUs(dispenser)) + beginsAfterMs * 1000;
    return armed;
  };
  const advance = async (ms: number): Promise<void> => {
    place += ms * 1000;
    await until(async () => (await farUs(dispenser)) >= place);
  };
  return { dispenser: withOther(dispenser, { arm }), advance };
}

/** Time of the board, µs. */
async function farUs(dispenser: BridgeDispenser): Promise<number> {
  await dispenser.readBack();
  const { clock, identity } = dispenser.state;
  return ((clock?.ticks ?? 0) * identity.tickNs) / 1000;
}

/**
 * What the contract of dispensers asks of a bench: time passes on the clock of the board, which stands still in between, so that however
 * busy the computer is, nothing comes too late.
 */
export function onBoardTime({ board, dispenser }: BridgeBench): DispenserBench {
  board.command('hold');
  const advance = async (ms: number): Promise<void> => {
    const us = Math.ceil((ms * 1000) / roundingUs) * roundingUs;
    const end = (await farUs(dispenser)) + us;
    board.command(`run ${us}`);
    await until(async () => (await farUs(dispenser)) >= end);
  };
  const arm: BridgeDispenser['arm'] = async (...args) => {
    const armed = await dispenser.arm(...args);
    await advance(beginsAfterMs);
    return armed;
  };
  const configure: BridgeDispenser['configure'] = async (limits) => {
    let isDone = false;
    const done = dispenser.configure(limits).finally(() => {
      isDone = true;
    });
    // inputs take their time to settle
    await Promise.all([done, until(() => isDone || (board.command('run 1000'), false))]);
  };
  return { dispenser: withOther(dispenser, { arm, configure }), advance };
}

/** The same dispenser with other methods in place of some; its own run on it itself, because of its private fields. */
function withOther(dispenser: BridgeDispenser, others: Partial<BridgeDispenser>): BridgeDispenser {
  return new Proxy(dispenser, {
    get(target, name) {
      if (name in others) return Reflect.get(others, name) as unknown;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
