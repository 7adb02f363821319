import { z } from 'zod';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { bytes } from '../database/columns.ts';
import { all, one } from '../database/database.ts';
import { openMachineMessage } from './machine-message.ts';
import type { LicensingPorts } from './ports.ts';
import { lockGoodStanding, requireGoodStanding } from './standing.ts';

const messageRow = z.object({ message: bytes });
const ctiRow = z.object({ cti: bytes });

/** Licences that one answer carries. */
const pageSize = 16;

/** The machine's licences with sequence numbers above `seq`, in order, at most 16; @throws Failure `machine/quarantined`. */
export async function licencesAfter(
  { database }: LicensingPorts,
  machine: string,
  seq: number,
): Promise<readonly Uint8Array[]> {
  await requireGoodStanding(database, machine);
  const sql = 'select message from licensing.licence where machine = $1 and seq > $2 order by seq limit $3';
  const rows = await all(database, messageRow, sql, [machine, seq, pageSize]);
  return rows.map(({ message }) => message);
}

/** Books that a licence is stored on the machine; @throws Failure `licence/none`, `machine/quarantined`. */
export async function acknowledge(ports: LicensingPorts, machine: string, message: Uint8Array): Promise<void> {
  const { payload } = openMachineMessage(ports, 'ACK', machine, message);
  await ports.database.transaction(async (transaction) => {
    await lockGoodStanding(transaction, machine);
    const sql = 'select cti from licensing.licence where machine = $1 and seq = $2';
    const licence = await one(transaction, ctiRow, sql, [machine, payload.seq]);
    if (licence === null || !sameBytes(licence.cti, payload.cti))
      throw new Failure('licence/none', { seq: payload.seq });
    await transaction.query('update licensing.licence set acknowledged = true where machine = $1 and seq = $2', [
      machine,
      payload.seq,
    ]);
  });
}
