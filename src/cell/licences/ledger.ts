import { hex } from '#shared/entropy.ts';
import { unreachable } from '#shared/failure.ts';
import type { Entry, EntryOf } from '../journal/entry.ts';
import { advanceService, drinkWore, emptyServiceBook, type ServiceBook } from '../service/service-book.ts';
import { beginEpoch, type Epoch, firstEpoch, tellAgain } from './epoch.ts';

/**
 * What the journal's entries add up to. Invariants: a kid is in exactly one stage; a stage only moves forward, but for
 * RELEASED; an order holds at most one kid that is not void.
 */
export interface Ledger {
  /** How many entries are counted. */
  readonly count: number;
  /** By hex of the kid; a use that was reserved stands behind those that were reserved before it. */
  readonly uses: ReadonlyMap<string, Use>;
  /** By hex of the cti. */
  readonly licences: ReadonlyMap<string, Granted>;
  /** By order id. */
  readonly orders: ReadonlyMap<string, EntryOf<'ORDERED'>>;
  /** Orders that wait for no licence any more: what was bought for them is for others. */
  readonly givenUp: ReadonlyMap<string, true>;
  readonly lastSeq: number;
  /** The last batch of prekeys and whether licensing has it. */
  readonly batch: { readonly entry: EntryOf<'PREKEYS'>; readonly booked: boolean } | null;
  readonly witnessed: { readonly index: number; readonly head: Uint8Array } | null;
  readonly quarantined: string | null;
  readonly epoch: Epoch;
  /** What was calibrated, cleaned, replaced and wasted. It outlives epochs: liquid knows nothing of licensing. */
  readonly service: ServiceBook;
  /** µl by line, as set and lowered by the bounds of sold drinks. */
  readonly stock: ReadonlyMap<number, number>;
  /** By line what was last set, and how many entries stood in the journal with that. */
  readonly bottles: ReadonlyMap<number, { readonly stock_ul: number; readonly index: number }>;
  /** Licences burned so far, and how many entries stood in the journal with the last. */
  readonly burns: number;
  readonly burnedAt: number;
  /** The last signed TIME, milliseconds since 1970. */
  readonly time: number | null;
  readonly statusList: EntryOf<'STATUS_LIST'> | null;
}

/** A stored licence; `index` is how many entries stood in the journal with its own. */
export type Granted = EntryOf<'GRANTED'> & { readonly index: number };

export type Stage =
  | 'pooled'
  | 'granted'
  | 'reserved'
  | 'intent'
  | 'burned'
  | 'pouring'
  | 'poured'
  | 'spent'
  | 'void'
  | 'burn-failed'
  /** Never to be opened; its key is destroyed. */
  | 'withdrawn';

/** One one-time key and what has become of it. */
export interface Use {
  readonly kid: Uint8Array;
  /** Of the private key in the token. */
  readonly label: string;
  readonly stage: Stage;
  readonly cti: Uint8Array | null;
  /** The order that the use is or was reserved for. */
  readonly order: string | null;
  /** The order that had it reserved last, also after it was released: it comes back for it, unless it is given up. */
  readonly heldBy: string | null;
  /** When it was last reserved; milliseconds since 1970. */
  readonly reservedAt: number | null;
  /** Pieces started and pieces done; all of the recipe's once it is poured. */
  readonly started: number;
  readonly done: number;
  /** Whether a piece was begun more than once: what flowed is then more than its last job tells. */
  readonly isResumed: boolean;
  /** Published total of the drink, once it is burned. */
  readonly totalUl: number;
  readonly spent: EntryOf<'SPENT'> | null;
  readonly voided: EntryOf<'VOIDED'> | null;
  /** The signed USAGE or VOID_CLAIM. */
  readonly claim: Uint8Array | null;
  /** Licensing has answered the claim. */
  readonly booked: boolean;
  /** How many entries stood in the journal then; 0 when a licence was the answer. */
  readonly bookedAt: number;
}

export const emptyLedger: Ledger = {
  count: 0,
  uses: new Map(),
  licences: new Map(),
  orders: new Map(),
  givenUp: new Map(),
  lastSeq: 0,
  batch: null,
  witnessed: null,
  quarantined: null,
  epoch: firstEpoch,
  service: emptyServiceBook(),
  stock: new Map(),
  bottles: new Map(),
  burns: 0,
  burnedAt: 0,
  time: null,
  statusList: null,
};

const freshUse = (kid: Uint8Array, label: string): Use => ({
  kid,
  label,
  stage: 'pooled',
  cti: null,
  order: null,
  heldBy: null,
  reservedAt: null,
  started: 0,
  done: 0,
  isResumed: false,
  totalUl: 0,
  spent: null,
  voided: null,
  claim: null,
  booked: false,
  bookedAt: 0,
});

/** A map that may be written to, with what is in the other. */
type Edit = <K, V>(map: ReadonlyMap<K, V>) => Map<K, V>;

/** The ledger after one more entry. Pure. */
export function advance(ledger: Ledger, entry: Entry): Ledger {
  return { ...step(ledger, entry, (map) => new Map(map)), count: ledger.count + 1 };
}

/** The ledger of a whole journal. */
export function ledgerOf(entries: readonly Entry[]): Ledger {
  let ledger: Ledger = {
    ...emptyLedger,
    uses: new Map(),
    licences: new Map(),
    orders: new Map(),
    givenUp: new Map(),
    service: emptyServiceBook(),
    stock: new Map(),
    bottles: new Map(),
  };
  // nobody else has seen these maps, and a copy for each entry would take minutes after some years
  const inPlace: Edit = <K, V>(map: ReadonlyMap<K, V>) => map as Map<K, V>;
  for (const entry of entries) ledger = { ...step(ledger, entry, inPlace), count: ledger.count + 1 };
  return ledger;
}

function step(ledger: Ledger, entry: Entry, edit: Edit): Ledger {
  switch (entry.kind) {
    case 'BOOT':
      return { ...ledger, service: { ...ledger.service, began: ledger.service.began ?? entry.at } };
    case 'PREKEYS':
      return pooled(ledger, entry, edit);
    case 'PREKEYS_BOOKED':
      return ledger.batch === null ? ledger : { ...ledger, batch: { ...ledger.batch, booked: true } };
    case 'ORDERED':
      return { ...ledger, orders: edit(ledger.orders).set(entry.order, entry) };
    case 'GIVEN_UP':
      return { ...ledger, givenUp: edit(ledger.givenUp).set(entry.order, true) };
    case 'GRANTED':
      return granted(ledger, entry, edit);
    case 'WITNESSED':
      return { ...ledger, witnessed: entry.journal, epoch: { ...ledger.epoch, begun: null } };
    case 'QUARANTINED':
      return { ...ledger, quarantined: entry.reason, epoch: { ...ledger.epoch, seen: entry.seen ?? null } };
    case 'RELEASE_TAKEN':
      return { ...ledger, epoch: { ...ledger.epoch, release: entry } };
    case 'EPOCH':
      return epochBegun(ledger, edit);
    case 'TELL_AGAIN':
      return toldAgain(ledger, entry, edit);
    case 'TOLD_AGAIN':
      return {
        ...ledger,
        epoch: { ...ledger.epoch, again: ledger.epoch.again && { ...ledger.epoch.again, done: true } },
      };
    case 'DECOMMISSIONING':
      return { ...ledger, epoch: { ...ledger.epoch, ends: true } };
    case 'STOCK_SET':
      return stockSet(ledger, entry, edit);
    case 'CALIBRATED':
    case 'SERVICE_STARTED':
    case 'CLEANED':
    case 'HOSE_REPLACED':
      return { ...ledger, service: advanceService(ledger.service, entry, ledger.count + 1, edit) };
    case 'SERVICE_ENDED':
      return serviceEnded(ledger, entry, edit);
    case 'TIME':
      return { ...ledger, time: entry.time };
    case 'STATUS_LIST':
      return { ...ledger, statusList: entry };
    default:
      return stepUse(ledger, entry, edit);
  }
}

function epochBegun(ledger: Ledger, edit: Edit): Ledger {
  const uses = edit(ledger.uses);
  const begun = beginEpoch(ledger.epoch, uses);
  if (begun === null) return ledger;
  const { epoch, witnessed, seq } = begun;
  return { ...ledger, uses, epoch, witnessed, lastSeq: Math.max(ledger.lastSeq, seq), batch: null, quarantined: null };
}

function toldAgain(ledger: Ledger, { since, recovered }: EntryOf<'TELL_AGAIN'>, edit: Edit): Ledger {
  const uses = edit(ledger.uses);
  tellAgain(since, uses);
  return { ...ledger, uses, batch: null, epoch: { ...ledger.epoch, again: { recovered, since, done: false } } };
}

type UseEntry = Extract<Entry, { kid: Uint8Array }>;

function stepUse(ledger: Ledger, entry: UseEntry, edit: Edit): Ledger {
  switch (entry.kind) {
    case 'RESERVED':
      return reserved(ledger, entry, edit);
    case 'RELEASED':
      return change(ledger, entry.kid, { stage: 'granted', order: null }, edit);
    case 'BURN_INTENT':
      return change(ledger, entry.kid, { stage: 'intent' }, edit);
    case 'BURNED':
      return burned(ledger, entry, edit);
    case 'BURN_FAILED':
      return change(ledger, entry.kid, { stage: 'burn-failed' }, edit);
    case 'PIECE_STARTED':
      return pieceStarted(ledger, entry, edit);
    case 'PIECE_DONE':
      return change(ledger, entry.kid, { done: entry.piece }, edit);
    case 'POURED':
      return change(ledger, entry.kid, { stage: 'poured', started: entry.piece, done: entry.piece }, edit);
    case 'SPENT':
      return change(ledger, entry.kid, { stage: 'spent', spent: entry }, edit);
    case 'VOIDED':
      return change(ledger, entry.kid, { stage: 'void', voided: entry }, edit);
    case 'CLAIMED':
      return change(ledger, entry.kid, { claim: entry.message }, edit);
    case 'OUTCOME_BOOKED':
      return change(ledger, entry.kid, { booked: true, bookedAt: ledger.count + 1 }, edit);
    case 'WITHDRAWN':
      return change(ledger, entry.kid, { stage: 'withdrawn' }, edit);
    default:
      return unreachable(entry);
  }
}

/** One-time keys that no licence has taken yet, in the order they were made. */
export function freePrekeys(ledger: Ledger): Use[] {
  return [...ledger.uses.values()].filter((use) => use.stage === 'pooled');
}

/** The use that an order holds, the one reserved last when others are void. */
export function useOf(ledger: Ledger, order: string): Use | null {
  return [...ledger.uses.values()].findLast((use) => use.order === order) ?? null;
}

/** The order that a use waits for: who had it last, else the one that its licence answers. */
export function ownerOf({ heldBy, cti }: Use, { licences }: Ledger): string | null {
  return heldBy ?? (cti === null ? null : (licences.get(hex(cti))?.order ?? null));
}

/** A use that is granted, not reserved, and waits for `order`. */
export function grantedUse(ledger: Ledger, order: string): Use | null {
  const uses = [...ledger.uses.values()];
  return uses.find((use) => use.stage === 'granted' && ownerOf(use, ledger) === order) ?? null;
}

/** Uses that are over and of which licensing has not answered the USAGE or VOID_CLAIM. */
export function unsyncedUses(ledger: Ledger): number {
  return [...ledger.uses.values()].filter(({ spent, voided, booked }) => (spent ?? voided) !== null && !booked).length;
}

function pooled(ledger: Ledger, entry: EntryOf<'PREKEYS'>, edit: Edit): Ledger {
  const uses = edit(ledger.uses);
  for (const { kid, label } of entry.keys) uses.set(hex(kid), freshUse(kid, label));
  const lastBatch = { number: entry.batch, digest: entry.digest };
  return { ...ledger, batch: { entry, booked: false }, epoch: { ...ledger.epoch, lastBatch }, uses };
}

function granted(ledger: Ledger, entry: EntryOf<'GRANTED'>, edit: Edit): Ledger {
  const uses = edit(ledger.uses);
  for (const kid of entry.kids) {
    uses.set(hex(kid), { ...(uses.get(hex(kid)) ?? freshUse(kid, '')), stage: 'granted', cti: entry.cti });
  }
  const replaced = entry.replaces === undefined ? undefined : uses.get(hex(entry.replaces));
  if (replaced !== undefined) uses.set(hex(replaced.kid), { ...replaced, booked: true });
  const licences = edit(ledger.licences).set(hex(entry.cti), { ...entry, index: ledger.count + 1 });
  return { ...ledger, uses, licences, lastSeq: entry.seq };
}

function reserved(ledger: Ledger, { kid, order, at }: EntryOf<'RESERVED'>, edit: Edit): Ledger {
  const uses = edit(ledger.uses);
  const use = uses.get(hex(kid)) ?? freshUse(kid, '');
  uses.delete(hex(kid));
  return { ...ledger, uses: uses.set(hex(kid), { ...use, stage: 'reserved', order, heldBy: order, reservedAt: at }) };
}

function stockSet(ledger: Ledger, { line, stock_ul }: EntryOf<'STOCK_SET'>, edit: Edit): Ledger {
  const bottles = edit(ledger.bottles).set(line, { stock_ul, index: ledger.count + 1 });
  return { ...ledger, stock: edit(ledger.stock).set(line, stock_ul), bottles };
}

function serviceEnded(ledger: Ledger, entry: EntryOf<'SERVICE_ENDED'>, edit: Edit): Ledger {
  const stock = edit(ledger.stock);
  for (const { line, stock_ul } of entry.lines) if (stock_ul !== undefined) stock.set(line, stock_ul);
  return { ...ledger, stock, service: advanceService(ledger.service, entry, ledger.count + 1, edit) };
}

function burned(ledger: Ledger, { kid, stock, total_ul }: EntryOf<'BURNED'>, edit: Edit): Ledger {
  const after = edit(ledger.stock);
  for (const { line, stock_ul } of stock) after.set(line, stock_ul);
  return {
    ...change(ledger, kid, { stage: 'burned', totalUl: total_ul ?? 0 }, edit),
    stock: after,
    service: drinkWore(ledger.service, stock, edit),
    burns: ledger.burns + 1,
    burnedAt: ledger.count + 1,
  };
}

function pieceStarted(ledger: Ledger, { kid, piece }: EntryOf<'PIECE_STARTED'>, edit: Edit): Ledger {
  const before = ledger.uses.get(hex(kid));
  const isResumed = before !== undefined && (before.isResumed || before.started === piece);
  return change(ledger, kid, { stage: 'pouring', started: piece, isResumed }, edit);
}

function change(ledger: Ledger, kid: Uint8Array, to: Partial<Use>, edit: Edit): Ledger {
  const uses = edit(ledger.uses);
  return { ...ledger, uses: uses.set(hex(kid), { ...(uses.get(hex(kid)) ?? freshUse(kid, '')), ...to }) };
}
