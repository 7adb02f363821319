import type { EntryOf } from '../journal/entry.ts';

type Head = EntryOf<'WITNESSED'>['journal'];

/** What of a use counts here; the ledger's uses are of this form. */
interface EndingUse {
  readonly kid: Uint8Array;
  readonly cti: Uint8Array | null;
  readonly stage: string;
  readonly spent: object | null;
  readonly voided: object | null;
  readonly booked: boolean;
  readonly bookedAt: number;
}

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

/** What a ledger is from the beginning of an epoch on. */
export interface Begun {
  readonly epoch: Epoch;
  readonly witnessed: Head;
  /** The last licence number of the epoch before. */
  readonly seq: number;
}

/**
 * Begins the epoch of the RELEASE that was taken: no one-time key of the old one is left, and so nothing that was licensed
 * to them. What is over stays until it is booked. Takes uses out of `uses`; null when no RELEASE was taken.
 */
export function beginEpoch(epoch: Epoch, uses: Map<string, EndingUse>): Begun | null {
  const { release } = epoch;
  if (release === null) return null;
  const unspent = unspentUses({ uses });
  for (const [key, use] of uses) if (!isOver(use)) uses.delete(key);
  return {
    witnessed: release.head,
    seq: release.seq,
    epoch: {
      ...epoch,
      number: release.epoch,
      seen: null,
      release: null,
      begun: { release: release.release, unspent },
      lastBatch: release.batch,
    },
  };
}

/**
 * After licensing has said that it forgot what it was told since some entry: those outcomes are not booked any more, and
 * one-time keys that no licence has taken are given up, because licensing cannot know which are free. Changes `uses`.
 */
export function tellAgain<U extends EndingUse>(since: number, uses: Map<string, U>): void {
  for (const [key, use] of uses) {
    if (use.stage === 'pooled') uses.delete(key);
    else if (use.booked && use.bookedAt > since) uses.set(key, { ...use, booked: false });
  }
}

/** Uses that are licensed and neither spent nor void. */
export function unspentUses({ uses }: { readonly uses: ReadonlyMap<string, EndingUse> }): UnspentUse[] {
  return [...uses.values()].flatMap((use) => (isOver(use) || use.cti === null ? [] : [{ cti: use.cti, kid: use.kid }]));
}

/** Kids of uses that are over and of which licensing has not answered the USAGE or VOID_CLAIM. */
export function unbookedKids({ uses }: { readonly uses: ReadonlyMap<string, EndingUse> }): Uint8Array[] {
  return [...uses.values()].flatMap((use) => (isOver(use) && !use.booked ? [use.kid] : []));
}

function isOver({ spent, voided }: EndingUse): boolean {
  return (spent ?? voided) !== null;
}
