import type { EntryOf } from '../journal/entry.ts';
import type { Head } from '../journal/record-codec.ts';
import type { Ledger, Use } from './ledger.ts';

/** A use whose one-time key was destroyed before it was spent. */
export interface UnspentUse {
  readonly cti: Uint8Array;
  readonly kid: Uint8Array;
}

/** Where a journal stands between quarantine and release. */
export interface Epoch {
  /** 0 until the first RELEASE. */
  readonly number: number;
  /** The head that was reported when licensing put the machine into quarantine; null outside of one. */
  readonly seen: Head | null;
  /** A RELEASE that is believed, until every one-time key of the old epoch is destroyed. */
  readonly release: EntryOf<'RELEASE_TAKEN'> | null;
  /** The RELEASE by whose digest this epoch began and what was unspent then; null once licensing has countersigned in it. */
  readonly begun: { readonly release: Uint8Array; readonly unspent: readonly UnspentUse[] } | null;
  /** The last batch of one-time keys, as licensing counts them. */
  readonly lastBatch: { readonly number: number; readonly digest: Uint8Array | null };
  /** `recovered` of the last TELL_AGAIN, since which entry things are told again, and whether they have been. */
  readonly again: { readonly recovered: number; readonly since: number; readonly done: boolean } | null;
  /** The machine is being decommissioned. */
  readonly ends: boolean;
}

export const firstEpoch: Epoch = {
  number: 0,
  seen: null,
  release: null,
  begun: null,
  lastBatch: { number: 0, digest: null },
  again: null,
  ends: false,
};

/**
 * The ledger of a new epoch: no one-time key of the old one is left, and so nothing that was licensed to them. What is over
 * stays until it is booked. `uses` may be written to.
 */
export function beginEpoch(ledger: Ledger, uses: Map<string, Use>): Ledger {
  const { release } = ledger.epoch;
  if (release === null) return ledger;
  const unspent = unspentUses(ledger);
  for (const [key, use] of uses) if (!isOver(use)) uses.delete(key);
  return {
    ...ledger,
    uses,
    lastSeq: Math.max(ledger.lastSeq, release.seq),
    batch: null,
    witnessed: release.head,
    quarantined: null,
    epoch: {
      ...ledger.epoch,
      number: release.epoch,
      seen: null,
      release: null,
      begun: { release: release.release, unspent },
      lastBatch: release.batch,
    },
  };
}

/**
 * The ledger after licensing has said that it forgot what it was told since some entry: those outcomes are not booked any
 * more, and one-time keys that no licence has taken are given up, because licensing cannot know which are free.
 */
export function tellAgain(ledger: Ledger, { since, recovered }: EntryOf<'TELL_AGAIN'>, uses: Map<string, Use>): Ledger {
  for (const [key, use] of uses) {
    if (use.stage === 'pooled') uses.delete(key);
    else if (use.booked && use.bookedAt > since) uses.set(key, { ...use, booked: false });
  }
  return { ...ledger, uses, batch: null, epoch: { ...ledger.epoch, again: { recovered, since, done: false } } };
}

/** Uses that are licensed and neither spent nor void. */
export function unspentUses({ uses }: Pick<Ledger, 'uses'>): UnspentUse[] {
  return [...uses.values()].flatMap((use) => (isOver(use) || use.cti === null ? [] : [{ cti: use.cti, kid: use.kid }]));
}

/** Kids of uses that are over and of which licensing has not answered the USAGE or VOID_CLAIM. */
export function unbookedKids({ uses }: Pick<Ledger, 'uses'>): Uint8Array[] {
  return [...uses.values()].flatMap((use) => (isOver(use) && !use.booked ? [use.kid] : []));
}

function isOver({ spent, voided }: Use): boolean {
  return (spent ?? voided) !== null;
}
