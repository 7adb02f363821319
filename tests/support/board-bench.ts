import { createExecutor, type DrinkExecutor } from '#cell/executor/executor.ts';
import type { ExecutorMachine } from '#cell/executor/executor-machine.ts';
import { Grant } from '#cell/executor/grant.ts';
import { FlowCalibration } from '#cell/planner/flow-calibration.ts';
import type { BridgeDispenser } from '#firmware-bridge/bridge/bridge-dispenser.ts';
import type { BridgeOptions } from '#firmware-bridge/bridge/bridge-options.ts';
import { openBridge } from '#firmware-bridge/bridge/open-bridge.ts';
import { isFailure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { microlitres, microlitresPerSecond, microseconds, milliseconds } from '#shared/units.ts';
import { parsePin } from '#wire/pin.ts';
import type { Board } from './board.ts';
import { type Cable, cableTo } from './cable.ts';
import { startNativeBoard } from './native-board.ts';
import { machine } from './pump-bench.ts';
import { openSeal } from './totals-seal.ts';

/** Pins of the pumps 0 … 3 on the board: three with speed, and a relay. */
export const pumpPins = [3, 5, 6, 4];
export const supplyPin = 2;
const flowUl = 10_000;

/** The four pumps of `boardOptions`: 10 ml/s, without lag, so that on-times are amounts by one rule. */
export const boardMachine: ExecutorMachine = {
  ...machine,
  lease: milliseconds(250),
  dripWait: microseconds(300_000),
  smallDose: microlitres(0),
  ...lines(),
};

function lines(): Pick<ExecutorMachine, 'lines' | 'limits'> {
  const made = pumpPins.map((_, pump) => ({
    pump,
    calibration: new FlowCalibration({
      points: [
        ...(pump === 3 ? [] : [{ drive: 500, flow: microlitresPerSecond(flowUl / 2) }]),
        { drive: 1000, flow: microlitresPerSecond(flowUl) },
      ],
      lag: microseconds(0),
      factor: 1000,
    }),
  }));
  const most = { maxOn: milliseconds(60_000), maxVolume: microlitres(500_000), maxFlow: microlitresPerSecond(flowUl) };
  return { lines: made, limits: made.map(({ pump }) => ({ pump, ...most })) };
}

/** The four pumps, their supply, and a glass at D7 that is there while the pin is low (as it is when nothing pulls it). */
export function boardOptions(port: string): BridgeOptions {
  return {
    port,
    baud: 250_000,
    pumps: pumpPins.map((pin, pump) => ({ pump, pin: parsePin(`D${pin}`), slowable: pump !== 3 })),
    supply: parsePin(`D${supplyPin}`),
    contacts: {},
  };
}

/** The firmware as a program of this computer at the end of a cable, the driver `bridge`, and an executor on it; all in real time. */
export interface BoardBench extends AsyncDisposable {
  readonly board: Board;
  readonly cable: Cable;
  readonly dispenser: BridgeDispenser;
  readonly executor: DrinkExecutor;
  readonly grant: Grant;
}

export async function boardBench(folder: string): Promise<BoardBench> {
  await using stack = new AsyncDisposableStack();
  const board = stack.use(await startNativeBoard(folder));
  const cable = stack.use(await cableTo(board.path, folder));
  const dispenser = stack.use(await openBoard(cable.path));
  const executor = boardExecutor(dispenser);
  await answered(() => executor.configure());
  const held = stack.move();
  const grant = new Grant({ t: 'batch', licence: '00' });
  return { board, cable, dispenser, executor, grant, [Symbol.asyncDispose]: () => disposed(held) };
}

export function openBoard(path: string): Promise<BridgeDispenser> {
  return openBridge(boardOptions(path), { clock: systemClock, entropy: systemEntropy, log: silentLog });
}

export function boardExecutor(dispenser: BridgeDispenser): DrinkExecutor {
  return createExecutor({ dispenser, clock: systemClock, log: silentLog, token: openSeal, machine: boardMachine });
}

async function disposed(stack: AsyncDisposableStack): Promise<void> {
  await stack.disposeAsync();
}

/** On-time of a pin so far, µs; one that is still on counts up to its last edge. */
export function onTimeUs(board: Board, pin: number): number {
  let since: number | null = null;
  let sum = 0;
  for (const edge of board.edges) {
    if (edge.pin !== pin) continue;
    if (since !== null) sum += edge.ns - since;
    since = edge.level === '1' ? edge.ns : null;
  }
  return sum / 1000;
}

/** Whether the pin is on by its last edge. */
export function isOn(board: Board, pin: number): boolean {
  return board.edges.findLast((edge) => edge.pin === pin)?.level === '1';
}

/** Does it again while the link is lost: on a computer with much else to do the board's process may be silent for longer than a board would. */
export async function answered<T>(work: () => Promise<T>): Promise<T> {
  for (let turn = 1; ; turn += 1) {
    try {
      return await work();
    } catch (error) {
      if (turn === 10 || !isFailure(error, 'dispenser/link-lost', 'dispenser/reset', 'dispenser/board-silent'))
        throw error;
    }
  }
}
