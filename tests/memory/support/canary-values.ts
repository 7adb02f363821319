import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { valueAt } from '#firmware-bridge/column.ts';
import { beverage } from '#recipes/machine-class.ts';
import { recordBytes, writeDispense } from '#recipes/record.ts';
import { machineModel } from '#cell/machine-model.ts';
import { plan } from '#cell/planner/plan.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { CanaryPhase } from './canary-phases.ts';

/** A number that must not be found, and which piece it belongs to. */
export interface CanaryValue {
  readonly piece: number;
  readonly what: 'amount' | 'start' | 'stop';
  readonly value: number;
}

/** Every amount, and every start and stop time that the cell derives from it, µl and µs. */
export function canaryValues(phases: readonly CanaryPhase[], config: MachineConfig): CanaryValue[] {
  const ingredients = [...new Set(phases.flatMap(({ doses }) => doses.map(({ ingredient }) => ingredient)))].sort();
  const { lines, atOnce, smallDose } = machineModel(config);
  const slots = ingredients.map((id) => {
    const line = lines[config.pumps.findIndex(({ ingredient }) => ingredient === id)];
    if (line === undefined) throw new Error(`no pump has ${id}`);
    return line;
  });
  return phases.flatMap(({ timing, doses }, i) => {
    const piece = i + 1;
    const record = new DataView(new ArrayBuffer(recordBytes));
    const filled = doses.map(({ ingredient, amountUl }) => ({ slot: ingredients.indexOf(ingredient), amountUl }));
    writeDispense(record, timing, filled);
    const steps = new StepBuffer();
    plan(record, { slots, atOnce, smallDose, nominalFlow: beverage.nominalFlow }, steps);
    const amounts = doses.map(({ amountUl }): CanaryValue => ({ piece, what: 'amount', value: amountUl }));
    const times = Array.from({ length: steps.count }, (_, row): CanaryValue[] => [
      { piece, what: 'start', value: valueAt(steps.startUs, row) },
      { piece, what: 'stop', value: valueAt(steps.stopUs, row) },
    ]);
    return [...amounts, ...unique(times.flat().filter(({ value }) => value > 0))];
  });
}

function unique(values: readonly CanaryValue[]): CanaryValue[] {
  return values.filter(({ value }, i) => values.findIndex((other) => other.value === value) === i);
}
