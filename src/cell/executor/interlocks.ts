import type { Inputs } from '#firmware-bridge/dispenser.ts';
import { Failure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { Bounds } from './bounds.ts';

/** Why nothing may flow now; null when all is well. Contacts that the machine does not have count as well. */
export function openInterlock(inputs: Inputs): FailureCode | null {
  if (inputs.glass === 'open') return 'machine/glass-missing';
  if (inputs.supply === 'open') return 'dispenser/supply-lost';
  return inputs.door === 'open' || inputs.tray === 'open' ? 'machine/interlock-open' : null;
}

/** @throws Failure `machine/ingredient-missing` {ingredient} when a bottle that the drink needs reports empty */
export function requireFilled({ slots }: Bounds, { pumps }: Pick<MachineConfig, 'pumps'>, { empty }: Inputs): void {
  for (const { line } of slots) {
    const pump = pumps[line];
    if (pump !== undefined && (empty & (1 << pump.channel)) !== 0) {
      throw new Failure('machine/ingredient-missing', { ingredient: pump.ingredient });
    }
  }
}
