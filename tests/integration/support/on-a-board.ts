import { machineModel } from '#cell/machine-model.ts';
import { plan } from '#cell/planner/plan.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { beverage } from '#recipes/machine-class.ts';
import { phasesOf, writePhase } from '#recipes/phases.ts';
import { recordBytes } from '#recipes/record.ts';
import type { RecipeSource } from '#recipes/source.ts';
import type { MachineConfig, MachineConfigSource } from '#wire/machine-config.ts';

/** Pins of an Uno that set a speed. */
const withSpeed = [3, 5, 6, 11];
export const supplyPin = 14;
const firstPin = 2;

/** Hangs the twelve pumps of the demonstration on the board at `port`, pump n on pin n + 2 and the supply on A0; pumps without a speed pin are relays. */
export function hangOnBoard(config: MachineConfigSource, port: string): void {
  config.hardware = { supply: 'A0' };
  delete config.simulation;
  for (const [i, pump] of config.pumps.entries()) {
    const pin = i + firstPin;
    pump.driver = 'bridge';
    pump.port = port;
    pump.pin = `D${pin}`;
    if (!withSpeed.includes(pin)) pump.flow = pump.flow.slice(-1);
  }
}

/** What the planner says of one pin for a whole drink. */
export interface PinPlan {
  readonly pin: number;
  readonly onUs: number;
  readonly steps: number;
}

/** On-times of a drink by its author's source and the machine's calibration, of each pin that it needs. */
export function planOf(source: RecipeSource, config: MachineConfig): PinPlan[] {
  const { lines, ...limits } = machineModel(config);
  const { ingredients, phases } = phasesOf(source);
  const places = ingredients.map((id) => config.pumps.findIndex(({ ingredient }) => ingredient === id));
  const slots = places.flatMap((place) => lines.slice(place, place + 1));
  const machine = { ...limits, slots, nominalFlow: beverage.nominalFlow };
  const pins = new Map<number, PinPlan>();
  const record = new DataView(new ArrayBuffer(recordBytes));
  const steps = new StepBuffer();
  for (const phase of phases) {
    writePhase(record, phase);
    const count = plan(record, machine, steps);
    for (let row = 0; row < count; row += 1) {
      const pin = (steps.pump[row] ?? 0) + firstPin;
      const before = pins.get(pin) ?? { pin, onUs: 0, steps: 0 };
      const onUs = before.onUs + (steps.stopUs[row] ?? 0) - (steps.startUs[row] ?? 0);
      pins.set(pin, { pin, onUs, steps: before.steps + 1 });
    }
  }
  return [...pins.values()].sort((a, b) => a.pin - b.pin);
}
