import type { z } from 'zod';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { milliseconds } from '#shared/units.ts';
import {
  type CellAnswer,
  type CellOperation,
  type CellRequest,
  cellOperations,
  serviceOperations,
} from '#wire/cell-api.ts';
import { sealMessage } from '#wire/signed-message.ts';
import type { Operation } from './api/serve.ts';
import type { CellParts } from './cell-parts.ts';
import { clientAssertion } from './client-assertion.ts';
import { bookOutcomeOf, endHandlers, retirementOperations } from './end-operations.ts';
import { acceptLicence } from './licences/accept.ts';
import { batchResultOf, claimOf, requireEnded } from './outcome.ts';
import { pendingPrekeys } from './prekeys.ts';
import { provisioningOperations } from './provisioning/live.ts';
import { keepingOperations } from './service/operations.ts';
import { statusOf } from './status.ts';
import { headMessage, takeHeadAnswer } from './sync.ts';

type Handlers = { readonly [O in CellOperation]: (body: CellRequest<O>) => Promise<CellAnswer<O>> };

const tlsGrantLife = milliseconds(5 * 60_000);

/** What desk's socket answers: each operation held against its schemas. */
export function deskOperations(parts: CellParts): ReadonlyMap<string, Operation> {
  const handlers: Handlers = {
    ...identityHandlers(parts),
    ...purchaseHandlers(parts),
    ...pourHandlers(parts),
    ...endHandlers(parts),
  };
  const operations = Object.entries(cellOperations) as [CellOperation, { request: z.ZodType; answer: z.ZodType }][];
  return new Map(
    operations.map(([name, { request, answer }]) => {
      const run = handlers[name] as (body: unknown) => Promise<unknown>;
      return [name, { request, answer, run }];
    }),
  );
}

/** What the technician's socket answers. */
export function serviceSocketOperations(parts: CellParts): ReadonlyMap<string, Operation> {
  const { books, clock, config } = parts;
  return new Map<string, Operation>([
    ...provisioningOperations(parts),
    ...retirementOperations(parts),
    ...keepingOperations(parts),
    ['status', { ...serviceOperations.status, run: () => Promise.resolve(statusOf(parts)) }],
    [
      'stock_set',
      {
        ...serviceOperations.stock_set,
        async run(body) {
          const { line, stock_ul, who } = serviceOperations.stock_set.request.parse(body);
          if (!config.pumps.some((pump) => pump.line === line)) throw new Failure('dispenser/unknown-pump', { line });
          await books.append({ kind: 'STOCK_SET', line, stock_ul, who, at: clock.now() });
          await parts.stock.keep();
          parts.tell({ event: 'changed', body: {} });
          return {};
        },
      },
    ],
    [
      'journal_verify',
      {
        ...serviceOperations.journal_verify,
        async run() {
          const journal = await books.journal.verify();
          return { entries: journal.index, journal };
        },
      },
    ],
  ]);
}

function identityHandlers(
  parts: CellParts,
): Pick<Handlers, 'status' | 'client_assertion' | 'tls_grant' | 'prekeys' | 'prekeys_booked' | 'head' | 'head_answer'> {
  const { identity, books, clock, entropy } = parts;
  return {
    status: () => Promise.resolve(statusOf(parts)),
    client_assertion: async () => ({ issuer: identity.issuer, jwt: await clientAssertion(identity, clock, entropy) }),
    async tls_grant({ spki, nonce }) {
      const expires = clock.now() + tlsGrantLife;
      const grant = await sealMessage(
        'TLS_GRANT',
        { machine: identity.machine, spki, nonce, expires },
        identity.signer,
      );
      return { grant };
    },
    prekeys: async () => ({ message: await pendingPrekeys(parts) }),
    async prekeys_booked({ digest }) {
      const batch = books.ledger.batch;
      if (batch !== null && !batch.booked && sameBytes(batch.entry.digest, digest)) {
        await books.append({ kind: 'PREKEYS_BOOKED', digest, at: clock.now() });
      }
      return {};
    },
    head: async () => ({ message: await headMessage(parts) }),
    head_answer: ({ message }) => takeHeadAnswer(message, parts),
  };
}

function purchaseHandlers(
  parts: CellParts,
): Pick<
  Handlers,
  | 'offer_nonce'
  | 'order'
  | 'time_nonce'
  | 'time'
  | 'revocations'
  | 'spool_begin'
  | 'spool_chunk'
  | 'spool_end'
  | 'licence'
> {
  const { purchase, spool, time, revocations } = parts;
  return {
    offer_nonce: ({ recipe, version, quantity }) =>
      Promise.resolve({ nonce: purchase.nonce(recipe, version, quantity) }),
    order: ({ order, offer, stock }) => purchase.order(order, offer, stock),
    time_nonce: () => Promise.resolve({ nonce: time.nonce() }),
    async time({ message }) {
      await time.take(message);
      return {};
    },
    revocations: async ({ message }) => ({ withdrawn: await revocations.take(message) }),
    spool_begin: async ({ size }) => ({ upload: await spool.begin(size) }),
    async spool_chunk({ upload, at, bytes }) {
      await spool.chunk(upload, at, bytes);
      return {};
    },
    spool_end: async ({ upload }) => ({ manifest: await spool.end(upload) }),
    licence: ({ message }) => acceptLicence(message, parts),
  };
}

function pourHandlers(
  parts: CellParts,
): Pick<
  Handlers,
  | 'reserve'
  | 'reserve_at_hand'
  | 'check'
  | 'start'
  | 'release'
  | 'stop'
  | 'hold'
  | 'resume'
  | 'outcome'
  | 'outcome_booked'
> {
  const { mixer, books } = parts;
  return {
    reserve: async ({ order }) => ({ cti: await mixer.reserve(order) }),
    reserve_at_hand: async ({ order, ...recipe }) => ({ use: await mixer.reserveAtHand(order, recipe) }),
    check: async ({ order }) => ({ duration_ms: await mixer.check(order) }),
    async start({ order }) {
      await mixer.start(order);
      return {};
    },
    async release({ order, given_up }) {
      await mixer.release(order, given_up);
      return {};
    },
    async stop({ order }) {
      await mixer.stop(order);
      return {};
    },
    async hold({ order }) {
      await mixer.hold(order);
      return {};
    },
    async resume({ order }) {
      await mixer.resume(order);
      return {};
    },
    async outcome({ order }) {
      const message = await claimOf(order, parts);
      return { batch: batchResultOf(order, books), message };
    },
    async outcome_booked({ order, message }) {
      await books.inTurn('outcomes', () => bookOutcomeOf(requireEnded(order, books), message, parts));
      return {};
    },
  };
}
