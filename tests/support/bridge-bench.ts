import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';

import type { BridgeDispenser } from '#firmware-bridge/bridge/bridge-dispenser.ts';
import type { BridgeOptions, BridgePin } from '#firmware-bridge/bridge/bridge-options.ts';
import { openBridge } from '#firmware-bridge/bridge/open-bridge.ts';
import type { OpenPort } from '#firmware-bridge/bridge/serial-port.ts';
import type { PumpLimits } from '#firmware-bridge/dispenser.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { type Log, silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { microlitres, microlitresPerSecond, milliseconds } from '#shared/units.ts';
import type { Board } from './board.ts';
import type { DispenserBench } from './dispenser-contract.ts';
import { startNativeBoard } from './native-board.ts';

const output = (name: string): BridgePin => ({ name, active: 'high', pull: 'none' });
const input = (name: string): BridgePin => ({ name, active: 'low', pull: 'up' });

/** Where pumps 0, 1 and 31 hang, by number of the pin. */
export const pinOf = { 0: 4, 1: 6, 31: 8, supply: 2 } as const;

/** Three pumps, a supply, a glass and a door at the pins of an Arduino Uno. */
export function benchOptions(port: string): BridgeOptions {
  return {
    port,
    baud: 250_000,
    pumps: [
      { pump: 0, pin: output('D4'), slowable: false },
      { pump: 1, pin: output('D6'), slowable: true },
      { pump: 31, pin: output('D8'), slowable: false },
    ],
    supply: output('D2'),
    contacts: { glass: input('D7'), door: input('A0') },
  };
}

/** Pumps 0 and 1: at most 5 s and 40 ml in a job, 10 ml/s. */
export const benchLimits: readonly PumpLimits[] = [0, 1].map((pump) => ({
  pump,
  maxOn: milliseconds(5_000),
  maxVolume: microlitres(40_000),
  maxFlow: microlitresPerSecond(10_000),
}));

export const benchLease = milliseconds(250);

export interface BridgeBench extends AsyncDisposable {
  readonly board: Board;
  readonly dispenser: BridgeDispenser;
}

/** A native board with glass and door in place, and a host on its line. */
export async function bridgeBench(others: { log?: Log; openPort?: OpenPort } = {}): Promise<BridgeBench> {
  await using stack = new AsyncDisposableStack();
  const board = stack.use(await startNativeBoard(inject('runFolder')));
  board.command('pin 7 0');
  board.command('pin 14 0');
  const dispenser = stack.use(await openBenchBridge(board.path, others));
  const held = stack.move();
  return { board, dispenser, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** A bench whose pumps may run. */
export async function readyBench(others: { log?: Log; openPort?: OpenPort } = {}): Promise<BridgeBench> {
  const bench = await bridgeBench(others);
  await bench.dispenser.configure(benchLimits);
  return bench;
}

export function openBenchBridge(
  port: string,
  others: { log?: Log; openPort?: OpenPort } = {},
): Promise<BridgeDispenser> {
  return openBridge(benchOptions(port), { clock: systemClock, entropy: systemEntropy, log: silentLog, ...others });
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

/** A job begins some ms after it was armed; its own time counts from there. */
const beginsAfterMs = 4;

/** What the contract of dispensers asks of a bench: time passes on the clock of the board, counted from when a job was armed. */
export function onBoardTime(dispenser: BridgeDispenser): DispenserBench {
  let place = 0;
  const now = async (): Promise<number> => {
    await dispenser.readBack();
    const { clock, identity } = dispenser.state;
    return ((clock?.ticks ?? 0) * identity.tickNs) / 1e6;
  };
  const arm: BridgeDispenser['arm'] = async (...args) => {
    const armed = await dispenser.arm(...args);
    place = (await now()) + beginsAfterMs;
    return armed;
  };
  return {
    dispenser: withArm(dispenser, arm),
    advance: async (ms) => {
      place += ms;
      for (let left = place - (await now()); left > 0; left = place - (await now())) await sleep(left);
    },
  };
}

/** The same dispenser with another `arm`; its own methods run on it itself, because of its private fields. */
function withArm(dispenser: BridgeDispenser, arm: BridgeDispenser['arm']): BridgeDispenser {
  return new Proxy(dispenser, {
    get(target, name) {
      if (name === 'arm') return arm;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
