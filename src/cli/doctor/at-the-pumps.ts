import { gpioOptions } from '#cell/outputs.ts';
import { contactLines, type GpioOptions, gpioPin, pumpLines } from '#firmware-bridge/gpio/gpio-options.ts';
import { type Failure, isFailure } from '#shared/failure.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { bad, type Finding, type FindingName, good, skipped, warning } from './finding.ts';
import { lookAtPort } from './look-at-port.ts';
import type { Patient } from './patient.ts';

type Driver = MachineConfig['pumps'][number]['driver'];

/** Looks at what the pumps of a machine hang on, without opening it. @throws Failure as the driver would */
export type LookAtPumps = (config: MachineConfig) => Promise<void>;

/** What the pumps hang on: by the cell's word while it runs, which has it open then, else as this account sees it. */
export async function checkPumps(
  { config, status }: Pick<Patient, 'config' | 'status'>,
  look: LookAtPumps = lookAtPumps,
): Promise<Finding> {
  if (config === null) return skipped('needs/config');
  const { pumps } = config;
  const driver = pumps[0]?.driver ?? 'sim';
  const count = pumps.length;
  if (driver === 'sim') return warning('pumps/simulated', { count, simulated: count });
  if (status !== null) return judgeSupply(status.contacts, { count, driver });
  try {
    await look(config);
    return good('pumps/good', { count, driver });
  } catch (error) {
    if (!isFailure(error)) throw error;
    return judgeTrouble(error);
  }
}

/** Pumps without supply: whatever the reason is, the driver takes it from them. */
function judgeSupply({ supply }: CellStatus['contacts'], facts: { count: number; driver: Driver }): Finding {
  return supply === 'open' ? bad('pumps/no-supply', facts) : good('pumps/running', facts);
}

const ofPort: Readonly<Record<string, FindingName>> = {
  missing: 'pumps/port-missing',
  'not-permitted': 'pumps/port-closed',
  busy: 'pumps/port-busy',
};

/** What a driver would have said. */
function judgeTrouble({ code, facts }: Failure): Finding {
  const known = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)]));
  if (code === 'dispenser/port-unavailable') return bad(ofPort[known['reason'] ?? ''] ?? 'pumps/port-unusable', known);
  if (code === 'dispenser/no-chip') return bad('pumps/no-chip', known);
  if (code === 'dispenser/line-taken') return bad('pumps/line-taken', known);
  return bad(known['reason'] === 'no permission' ? 'pumps/no-access' : 'pumps/line-unusable', known);
}

async function lookAtPumps(config: MachineConfig): Promise<void> {
  const [first] = config.pumps;
  if (first === undefined || first.driver === 'sim') return;
  if (first.driver === 'bridge') return lookAtPort(first.port ?? '');
  const { lookAtLines } = await import('./look-at-lines.ts');
  const options = gpioOptions(first.driver, config);
  lookAtLines(first.driver, offsetsOf(options), options.chip);
}

function offsetsOf({ pumps, contacts, supply }: GpioOptions): number[] {
  const ofPumps = pumpLines(pumps).flatMap(({ pin, sense, level }) => [pin, sense, level]);
  const lines = [...ofPumps, ...Object.values(contactLines(contacts)), supply && gpioPin(supply)];
  return lines.flatMap((line) => (line === undefined ? [] : [line.offset]));
}
