import { stat } from 'node:fs/promises';
import type { MachinePlace } from '../machine-place.ts';
import {
  checkBroker,
  checkCell,
  checkDesk,
  checkLines,
  checkPayment,
  checkPrekeys,
  visitMarketplace,
} from './around-the-machine.ts';
import {
  checkCertificates,
  checkConfig,
  checkJournal,
  checkNode,
  checkPin,
  checkState,
  checkToken,
} from './at-the-machine.ts';
import { checkPumps } from './at-the-pumps.ts';
import type { CheckName, Finding } from './finding.ts';
import { meetPatient } from './patient.ts';
import { judgeClock } from './verdicts.ts';

/** Every check of a machine, none of which changes anything. `now` in milliseconds since 1970. */
export async function examine(place: MachinePlace, now: () => number): Promise<Readonly<Record<CheckName, Finding>>> {
  const patient = await meetPatient(place);
  const [state, pin, journal, desk, { finding: marketplace, clock }, broker, payment, pumps] = await Promise.all([
    checkState(patient),
    checkPin(patient),
    checkJournal(patient),
    checkDesk(patient),
    visitMarketplace(patient),
    checkBroker(patient),
    checkPayment(patient),
    checkPumps(patient),
  ]);
  return {
    node: checkNode(),
    state,
    config: checkConfig(patient),
    token: checkToken(patient),
    pin,
    clock: judgeClock(now(), await lastWritten(place.journal), clock, patient.status?.time.why ?? null),
    cell: checkCell(patient),
    desk,
    marketplace,
    broker,
    payment,
    certificates: checkCertificates(patient, now()),
    prekeys: checkPrekeys(patient),
    journal,
    pumps,
    lines: checkLines(patient),
  };
}

/** When the file was last written to, by this computer's clock of then; null when there is none. */
async function lastWritten(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return null;
  }
}
