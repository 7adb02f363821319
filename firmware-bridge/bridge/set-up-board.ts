import { Failure, isFailure } from '#shared/failure.ts';
import { type Clock, pause } from '#shared/clock.ts';
import { milliseconds } from '#shared/units.ts';
import type { PumpLimits } from '../dispenser.ts';
import type { Board } from './board.ts';
import { type BridgeOptions, type BridgePump, inputFlags, outputFlags, pinNumber } from './bridge-options.ts';
import { contact, firstLevel, noPin, request } from './messages.ts';

/** A supply that was on before has capacitors, and its contact opens so long after its relay. */
const supplyFalls = milliseconds(1_000);
const lookAgain = milliseconds(25);

/** A pump with what it may never exceed. */
interface LimitedPump {
  readonly wiring: BridgePump;
  readonly limits: PumpLimits;
}

/** @throws Failure `dispenser/unknown-pump` {pump} for a pump that hangs on no pin */
export function wiredPumps(options: BridgeOptions, pumps: readonly PumpLimits[]): LimitedPump[] {
  return pumps.map((limits) => {
    const wiring = options.pumps.find(({ pump }) => pump === limits.pump);
    if (wiring === undefined) throw new Failure('dispenser/unknown-pump', { pump: limits.pump });
    return { wiring, limits };
  });
}

/**
 * Tells a board in a new session what hangs on it, and has it switch the supply on once all outputs are at rest.
 * @throws Failure `dispenser/pin-refused` {pin}, `dispenser/unknown-pump`, `dispenser/output-stuck`
 */
export async function setUpBoard(
  board: Board,
  options: BridgeOptions,
  pumps: readonly LimitedPump[],
  clock: Clock,
): Promise<void> {
  for (const pump of pumps) await setUpPump(board, pump);
  await setUpInputs(board, options, pumps);
  const { supply, scale } = options;
  await named(supply?.name, () =>
    board.tell(request.supply, (out) => {
      out.u8(supply === undefined ? noPin : pinNumber(supply)).u8(supply === undefined ? 0 : outputFlags(supply));
    }),
  );
  if (scale !== undefined) {
    await named(`${scale.data.name} ${scale.clock.name}`, () =>
      board.tell(request.scale, (out) => out.u8(pinNumber(scale.data)).u8(pinNumber(scale.clock)).u8(scale.perSecond)),
    );
  }
  await enable(board, clock);
}

async function enable(board: Board, clock: Clock): Promise<void> {
  const begunAt = clock.monotonic();
  for (;;) {
    try {
      return await board.tell(request.enable);
    } catch (error) {
      const isFalling = isFailure(error, 'dispenser/output-stuck') && error.facts['output'] === 'supply';
      if (!isFalling || clock.monotonic() - begunAt > supplyFalls) throw error;
    }
    await pause(clock, lookAgain);
  }
}

async function setUpPump(board: Board, { wiring, limits }: LimitedPump): Promise<void> {
  const { pump, pin, sense, meter } = wiring;
  await named(sense === undefined ? pin.name : `${pin.name} ${sense.name}`, () =>
    board.tell(request.pump, (out) => {
      out.u8(pump).u8(pinNumber(pin)).u8(outputFlags(pin, wiring.slowable));
      out.u8(sense === undefined ? noPin : pinNumber(sense)).u8(sense === undefined ? 0 : inputFlags(sense));
      out
        .u32(limits.maxOn * 1000)
        .u32(limits.maxVolume)
        .u32(limits.maxFlow);
    }),
  );
  if (meter === undefined) return;
  await named(meter.name, () =>
    board.tell(request.meter, (out) => out.u8(pump).u8(pinNumber(meter)).u8(inputFlags(meter))),
  );
}

async function setUpInputs(board: Board, options: BridgeOptions, pumps: readonly LimitedPump[]): Promise<void> {
  const { glass, door, tray, supply, serviceKey } = options.contacts;
  const inputs = [
    [contact.glass, glass],
    [contact.door, door],
    [contact.tray, tray],
    [contact.supply, supply],
    [contact.serviceKey, serviceKey],
    ...pumps.map(({ wiring }) => [firstLevel + wiring.pump, wiring.level] as const),
  ] as const;
  for (const [number, pin] of inputs) {
    if (pin === undefined) continue;
    await named(pin.name, () =>
      board.tell(request.input, (out) => out.u8(number).u8(pinNumber(pin)).u8(inputFlags(pin))),
    );
  }
}

/** The far end knows pins by number only: its refusal is told with the name that stands in the configuration. */
async function named(pin: string | undefined, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isPin = error instanceof Failure && error.code === 'dispenser/pin-refused' && pin !== undefined;
    throw isPin ? new Failure('dispenser/pin-refused', { pin }, error) : error;
  }
}
