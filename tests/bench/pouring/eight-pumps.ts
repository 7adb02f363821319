import type { ExecutorMachine } from '#cell/executor/executor-machine.ts';
import { FlowCalibration } from '#cell/planner/flow-calibration.ts';
import type { BridgeDispenser } from '#firmware-bridge/bridge/bridge-dispenser.ts';
import type { BridgeOptions } from '#firmware-bridge/bridge/bridge-options.ts';
import { openBridge } from '#firmware-bridge/bridge/open-bridge.ts';
import type { Clock } from '#shared/clock.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { microlitres, microlitresPerSecond, microseconds, milliseconds } from '#shared/units.ts';

/** Where pumps 0 … 7 hang: no pin in two uses, none with PWM needed. */
export const pumpPins = [2, 3, 4, 5, 6, 7, 8, 9] as const;

/** Eight pumps of 10 ml/s without lag, a lease of 250 ms. */
export const eightPumps: ExecutorMachine = {
  lines: pumpPins.map((_, pump) => ({
    pump,
    calibration: new FlowCalibration({
      points: [{ drive: 1000, flow: microlitresPerSecond(10_000) }],
      lag: microseconds(0),
      factor: 1000,
    }),
  })),
  limits: pumpPins.map((_, pump) => ({
    pump,
    maxOn: milliseconds(60_000),
    maxVolume: microlitres(600_000),
    maxFlow: microlitresPerSecond(10_000),
  })),
  atOnce: 8,
  smallDose: microlitres(0),
  dripWait: microseconds(0),
  lease: milliseconds(250),
  holdLimit: milliseconds(30_000),
};

/** The host of a board with eight pumps, and nothing else unless contacts are given; configured. `clock` says how patient it is with answers. */
export async function openEightPumps(
  port: string,
  {
    contacts = {},
    clock = systemClock,
  }: { readonly contacts?: BridgeOptions['contacts']; readonly clock?: Clock } = {},
): Promise<BridgeDispenser> {
  await using stack = new AsyncDisposableStack();
  const dispenser = stack.use(
    await openBridge(
      {
        port,
        baud: 250_000,
        pumps: pumpPins.map((pin, pump) => ({
          pump,
          pin: { name: `D${pin}`, active: 'high' as const, pull: 'none' as const },
          slowable: false,
        })),
        contacts,
      },
      { clock, entropy: systemEntropy, log: silentLog },
    ),
  );
  await dispenser.configure(eightPumps.limits);
  stack.move();
  return dispenser;
}
