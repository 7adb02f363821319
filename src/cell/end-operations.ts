import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { type CellAnswer, type CellOperation, type CellRequest, serviceOperations } from '#wire/cell-api.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import type { Operation } from './api/serve.ts';
import type { CellParts } from './cell-parts.ts';
import { type DecommissionPorts, decommission, farewellBooked, leaveNothing, pendingFarewell } from './decommission.ts';
import { endedUse, forgotten, toldAgain } from './forgotten.ts';
import type { Use } from './licences/ledger.ts';

type Handlers = { readonly [O in CellOperation]: (body: CellRequest<O>) => Promise<CellAnswer<O>> };

/** What desk tells licensing again, and the last word of a machine. */
export function endHandlers(
  parts: CellParts,
): Pick<Handlers, 'forgotten' | 'outcome_told' | 'told_again' | 'farewell' | 'farewell_booked'> {
  const { books, clock } = parts;
  return {
    forgotten: async ({ after }) => ({ items: await forgotten(after, parts) }),
    async outcome_told({ kid, message }) {
      await books.inTurn('outcomes', async () => {
        const use = endedUse(books.ledger, kid);
        if (use === null) throw new Failure('order/unknown', { kid: hex(kid) });
        await bookOutcomeOf(use, message, parts);
      });
      return {};
    },
    async told_again() {
      await toldAgain({ books, now: clock.now() });
      return {};
    },
    farewell: async () => ({ message: books.ledger.epoch.ends ? await pendingFarewell(parts) : null }),
    async farewell_booked() {
      if (books.ledger.epoch.ends) await farewellBooked(parts);
      return {};
    },
  };
}

/** Licensing's word on a USAGE or VOID_CLAIM: USAGE_RECEIPT or REFUSED, each naming the message that it answers. */
export async function bookOutcomeOf(
  use: Use,
  message: Uint8Array,
  { books, identity, clock }: Pick<CellParts, 'books' | 'identity' | 'clock'>,
): Promise<void> {
  const refused = decodeSign1(message, 64 * 1024).type === 'application/decant-refused+cbor';
  const answered = refused
    ? openMessage('REFUSED', message, identity.anchors, clock.now()).payload.request
    : openMessage('USAGE_RECEIPT', message, identity.anchors, clock.now()).payload.usage;
  if (use.claim === null || !sameBytes(sha256(use.claim), answered)) {
    throw new Failure('message/not-authentic', { reason: `does not answer ${hex(use.kid)}` });
  }
  if (!use.booked) await books.append({ kind: 'OUTCOME_BOOKED', kid: use.kid, at: clock.now() });
}

/** How the technician takes a machine out of service. */
export function retirementOperations(parts: CellParts): ReadonlyMap<string, Operation> {
  const { decommission: begin, decommission_end: end } = serviceOperations;
  return new Map<string, Operation>([
    [
      'decommission',
      {
        ...begin,
        async run(body) {
          const farewell = await decommission(begin.request.parse(body).machine, requireMeans(parts));
          // desk carries the message
          parts.tell({ event: 'changed', body: {} });
          return { ...farewell };
        },
      },
    ],
    [
      'decommission_end',
      {
        ...end,
        async run() {
          await leaveNothing(requireMeans(parts));
          parts.ended?.();
          return {};
        },
      },
    ],
  ]);
}

function requireMeans({ emptyToken, ...parts }: CellParts): DecommissionPorts {
  if (emptyToken === undefined) throw new Failure('token/failed', { operation: 'empty token' });
  return { ...parts, emptyToken };
}
