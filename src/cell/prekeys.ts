import type { Token } from '#hsm/token.ts';
import type { Clock } from '#shared/clock.ts';
import { type Entropy, hex } from '#shared/entropy.ts';
import { isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { sealMessage, sha256 } from '#wire/signed-message.ts';
import type { Books } from './books.ts';
import type { Identity } from './identity.ts';
import { freePrekeys } from './licences/ledger.ts';
import { software } from './software.ts';

export interface PrekeyPorts {
  readonly token: Token;
  readonly books: Books;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly bits: 2048 | 3072;
  /** Keys in the pool below which more are made. */
  readonly low: number;
  readonly batch: number;
  /** Whether no drink is checked or poured: making keys keeps the token busy. */
  idle(): boolean;
}

/** Labels of one-time keys begin with it. */
export const prekeyPrefix = 'prekey-';

/** The PREKEYS message that licensing does not have yet, made now when the pool is low; null when all is well. */
export function pendingPrekeys(ports: PrekeyPorts): Promise<Uint8Array | null> {
  return ports.books.inTurn('prekeys', () => pending(ports));
}

async function pending(ports: PrekeyPorts): Promise<Uint8Array | null> {
  const { books } = ports;
  if (books.ledger.quarantined !== null || books.ledger.epoch.ends) return null;
  const last = books.ledger.batch;
  if (last !== null && !last.booked) return last.entry.message;
  const free = freePrekeys(books.ledger).length;
  if (free >= ports.low || (free > 0 && !ports.idle())) return null;
  return makeBatch(ports);
}

async function makeBatch(ports: PrekeyPorts): Promise<Uint8Array> {
  const { books, identity, token, clock, log } = ports;
  const last = books.ledger.epoch.lastBatch;
  const keys: { kid: Uint8Array; label: string; spki: Uint8Array }[] = [];
  for (let i = 0; i < ports.batch; i += 1) {
    // a guest waits: what is made so far will do
    if (i > 0 && !ports.idle()) break;
    const label = `${prekeyPrefix}${hex(ports.entropy.bytes(8))}`;
    const spki = await token.generateUnwrapKey(label, ports.bits);
    keys.push({ kid: sha256(spki), label, spki });
  }
  const batch = last.number + 1;
  const message = await sealMessage(
    'PREKEYS',
    {
      machine: identity.machine,
      batch,
      previous: last.digest,
      keys: keys.map(({ kid, spki }) => ({ kid, spki })),
      journal: books.journal.head(),
      software,
      time: clock.now(),
    },
    identity.signer,
  );
  await books.append({
    kind: 'PREKEYS',
    batch,
    digest: sha256(message),
    message,
    keys: keys.map(({ kid, label }) => ({ kid, label })),
    at: clock.now(),
  });
  log.info('prekeys made', { batch, keys: keys.length });
  return message;
}

/**
 * Destroys the one-time keys that should not be in the token: those that the journal does not know (power was lost between
 * making and writing down), and those of uses that are over (a burn that failed, a token that was put back). One that
 * resists is said in the log; no licence opens with it.
 */
export async function destroyLeftovers({
  token,
  books,
  log,
}: Pick<PrekeyPorts, 'token' | 'books' | 'log'>): Promise<void> {
  const uses = new Map([...books.ledger.uses.values()].map((use) => [use.label, use]));
  for (const label of token.listKeys(prekeyPrefix)) {
    const stage = uses.get(label)?.stage ?? 'orphan';
    if (!['orphan', 'spent', 'void', 'withdrawn'].includes(stage)) continue;
    try {
      await token.destroyKey(label);
      log.warn('leftover one-time key destroyed', { label, stage });
    } catch (error) {
      if (!isFailure(error)) throw error;
      log.error('leftover one-time key not destroyed', { label, stage, code: error.code });
    }
  }
}
