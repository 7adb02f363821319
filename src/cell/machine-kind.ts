import { beverage, type MachineClass } from '#recipes/machine-class.ts';
import { createExecutor, type Executor, type ExecutorParts } from './executor/executor.ts';

/** A class of machines as the cell has it: the layout of its records, and what executes them. Everything else is the same for all. */
export interface MachineKind {
  readonly machineClass: MachineClass;
  openExecutor(parts: ExecutorParts): Executor;
}

/** Drink mixers, the one kind that this release ships. */
export const drinkMixer: MachineKind = { machineClass: beverage, openExecutor: createExecutor };
