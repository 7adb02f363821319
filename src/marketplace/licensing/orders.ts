import { z } from 'zod';
import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { satoshi } from '#shared/units.ts';
import { type OrderAnswer, orderAnswer } from '#wire/marketplace-api.ts';
import type { Payload } from '#wire/messages.ts';
import { bytes } from '../database/columns.ts';
import { one, type Transaction } from '../database/database.ts';
import { issueLicence } from './issue-licence.ts';
import { openMachineMessage } from './machine-message.ts';
import type { LicensingPorts } from './ports.ts';
import { lockGoodStanding } from './standing.ts';

const purchaseRow = z.object({ offer: bytes, answer: z.string() });

/**
 * Sells what an offer promised: money, licence and outbox in one transaction. The same idempotency key always gets the
 * answer that it got first.
 * @throws Failure `machine/quarantined`, `offer/unknown`, `offer/expired`, `marketplace/duplicate`,
 * `licence/prekeys-missing`, `payment/balance-low`
 */
export async function fulfilOrder(ports: LicensingPorts, machine: string, message: Uint8Array): Promise<OrderAnswer> {
  const { payload, digest } = openMachineMessage(ports, 'ORDER', machine, message);
  const answer = await ports.database.transaction(async (transaction) => {
    const standing = await lockGoodStanding(transaction, machine);
    const before = await answerBefore(transaction, machine, payload);
    if (before !== null) return before;
    const { offer, licensor } = await ports.offers.accept(transaction, machine, payload.offer);
    const split = { licensor_sat: share(offer, 'licensor'), marketplace_sat: share(offer, 'marketplace') };
    await ports.till.charge(transaction, {
      machine,
      key: `order:${hex(payload.idempotency_key)}`,
      licensor,
      licensorSat: satoshi(split.licensor_sat),
      marketplaceSat: satoshi(split.marketplace_sat),
    });
    const seq = await issueLicence(ports, transaction, standing, {
      ...offer,
      because: { order: digest },
    });
    const fresh: OrderAnswer = { seq, charged_sat: offer.price, split };
    await remember(transaction, machine, payload, fresh);
    return fresh;
  });
  ports.outbox.wake();
  // the machine's own order id, so that one order can be followed through all logs
  ports.log.info('order-licensed', { machine, order: payload.payment.reference, seq: answer.seq });
  return answer;
}

async function answerBefore(
  transaction: Transaction,
  machine: string,
  { idempotency_key, offer }: Payload<'ORDER'>,
): Promise<OrderAnswer | null> {
  const sql = 'select offer, answer from licensing.purchase where machine = $1 and idempotency_key = $2';
  const row = await one(transaction, purchaseRow, sql, [machine, idempotency_key]);
  if (row === null) return null;
  if (!sameBytes(row.offer, offer)) {
    throw new Failure('marketplace/duplicate', { reason: 'the idempotency key was used for another offer' });
  }
  return orderAnswer.parse(JSON.parse(row.answer));
}

async function remember(
  transaction: Transaction,
  machine: string,
  { idempotency_key, offer }: Payload<'ORDER'>,
  answer: OrderAnswer,
): Promise<void> {
  await transaction.query(
    'insert into licensing.purchase (machine, idempotency_key, offer, answer) values ($1, $2, $3, $4)',
    [machine, idempotency_key, offer, JSON.stringify(answer)],
  );
}

function share({ outputs }: Payload<'OFFER'>, role: 'licensor' | 'marketplace'): number {
  return outputs.filter((output) => output.role === role).reduce((sum, output) => sum + output.sat, 0);
}
