import type { Clock } from '#shared/clock.ts';
import { hex } from '#shared/entropy.ts';
import { Failure, invariant } from '#shared/failure.ts';
import type { BatchResult } from '#wire/cell-api.ts';
import { sealMessage } from '#wire/signed-message.ts';
import type { Books } from './books.ts';
import type { Identity } from './identity.ts';
import { type Use, useOf } from './licences/ledger.ts';
import { toldStage } from './licences/told-stage.ts';

export interface OutcomePorts {
  readonly books: Books;
  readonly identity: Identity;
  readonly clock: Clock;
}

/** How an order's use ended; @throws Failure `order/wrong-state` while it has not */
export function batchResultOf(order: string, books: Books): BatchResult {
  return resultOf(order, requireEnded(order, books));
}

/** The signed USAGE or VOID_CLAIM of an ended use, made once and written down before it is first told. */
export function claimOf(order: string, ports: OutcomePorts): Promise<Uint8Array> {
  // a signature is never the same twice, and only one of them may ever be told
  return ports.books.inTurn('outcomes', () => claim(order, ports));
}

async function claim(order: string, ports: OutcomePorts): Promise<Uint8Array> {
  const use = requireEnded(order, ports.books);
  if (use.claim !== null) return use.claim;
  const message = use.voided === null ? await usage(use, ports) : await voidClaim(use, ports);
  await ports.books.append({ kind: 'CLAIMED', kid: use.kid, message });
  return message;
}

/** The use of an order that is spent or void. */
export function requireEnded(order: string, { ledger }: Books): Use {
  const use = useOf(ledger, order);
  if (use === null) throw new Failure('order/unknown', { order });
  if (use.spent === null && use.voided === null)
    throw new Failure('order/wrong-state', { stage: toldStage(use.stage) });
  return use;
}

function resultOf(order: string, use: Use): BatchResult {
  const { spent, voided, cti } = use;
  invariant(cti !== null, 'a use that ended has a licence');
  return {
    order,
    cti,
    result: spent?.result ?? 'failed',
    reason: spent?.reason ?? voided?.reason ?? '',
    pieces: spent?.pieces ?? 0,
    ordered_ul: spent?.ordered_ul ?? 0,
    delivered_ul: spent?.delivered_ul ?? 0,
    void_claim: voided !== null,
  };
}

function usage(use: Use, { books, identity }: OutcomePorts): Promise<Uint8Array> {
  const { spent, cti } = use;
  invariant(spent !== null && cti !== null, `${hex(use.kid)} is spent`);
  return sealMessage(
    'USAGE',
    {
      machine: identity.machine,
      cti,
      kid: use.kid,
      result: spent.result,
      pieces: spent.pieces,
      ordered_ul: spent.ordered_ul,
      delivered_ul: spent.delivered_ul,
      started: spent.started,
      ended: spent.ended,
      reason: spent.reason,
      journal: books.journal.head(),
    },
    identity.signer,
  );
}

function voidClaim(use: Use, { books, identity, clock }: OutcomePorts): Promise<Uint8Array> {
  const { voided, cti } = use;
  invariant(voided !== null && cti !== null, `${hex(use.kid)} is void`);
  return sealMessage(
    'VOID_CLAIM',
    {
      machine: identity.machine,
      cti,
      kid: use.kid,
      pieces: voided.pieces,
      reason: voided.reason,
      journal: books.journal.head(),
      time: clock.now(),
    },
    identity.signer,
  );
}
