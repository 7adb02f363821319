import type { Inputs } from '#firmware-bridge/dispenser.ts';
import type { FailureCode } from '#shared/failure-codes.ts';

/** Why nothing may flow now; null when all is well. Contacts that the machine does not have count as well. */
export function openInterlock(inputs: Inputs): FailureCode | null {
  if (inputs.glass === 'open') return 'machine/glass-missing';
  if (inputs.supply === 'open') return 'dispenser/supply-lost';
  return inputs.door === 'open' || inputs.tray === 'open' ? 'machine/interlock-open' : null;
}
