import { hex } from '#shared/entropy.ts';
import { unreachable } from '#shared/failure.ts';
import type { Entry, EntryOf } from '../journal/entry.ts';

/**
 * What the journal's entries add up to. Invariants: a kid is in exactly one stage; a stage only moves forward, but for
 * RELEASED; an order holds at most one kid that is not void.
 */
export interface Ledger {
  /** By hex of the kid. */
  readonly uses: ReadonlyMap<string, Use>;
  /** By hex of the cti. */
  readonly licences: ReadonlyMap<string, EntryOf<'GRANTED'>>;
  /** By order id. */
  readonly orders: ReadonlyMap<string, EntryOf<'ORDERED'>>;
  readonly lastSeq: number;
  /** The last batch of prekeys and whether licensing has it. */
  readonly batch: { readonly entry: EntryOf<'PREKEYS'>; readonly booked: boolean } | null;
  readonly witnessed: { readonly index: number; readonly head: Uint8Array } | null;
  readonly quarantined: string | null;
  /** µl by line, as set and lowered by the bounds of sold drinks. */
  readonly stock: ReadonlyMap<number, number>;
}

export type Stage =
  | 'pooled'
  | 'granted'
  | 'reserved'
  | 'intent'
  | 'burned'
  | 'pouring'
  | 'spent'
  | 'void'
  | 'burn-failed';

/** One one-time key and what has become of it. */
export interface Use {
  readonly kid: Uint8Array;
  /** Of the private key in the token. */
  readonly label: string;
  readonly stage: Stage;
  readonly cti: Uint8Array | null;
  /** The order that the use is or was reserved for. */
  readonly order: string | null;
  /** Pieces started and pieces done. */
  readonly started: number;
  readonly done: number;
  readonly spent: EntryOf<'SPENT'> | null;
  readonly voided: EntryOf<'VOIDED'> | null;
  /** The signed USAGE or VOID_CLAIM. */
  readonly claim: Uint8Array | null;
  readonly booked: boolean;
}

export const emptyLedger: Ledger = {
  uses: new Map(),
  licences: new Map(),
  orders: new Map(),
  lastSeq: 0,
  batch: null,
  witnessed: null,
  quarantined: null,
  stock: new Map(),
};

const freshUse = (kid: Uint8Array, label: string): Use => ({
  kid,
  label,
  stage: 'pooled',
  cti: null,
  order: null,
  started: 0,
  done: 0,
  spent: null,
  voided: null,
  claim: null,
  booked: false,
});

/** The ledger after one more entry. Pure. */
export function advance(ledger: Ledger, entry: Entry): Ledger {
  switch (entry.kind) {
    case 'BOOT':
      return ledger;
    case 'PREKEYS':
      return pooled(ledger, entry);
    case 'PREKEYS_BOOKED':
      return ledger.batch === null ? ledger : { ...ledger, batch: { ...ledger.batch, booked: true } };
    case 'ORDERED':
      return { ...ledger, orders: new Map(ledger.orders).set(entry.order, entry) };
    case 'GRANTED':
      return granted(ledger, entry);
    case 'RESERVED':
      return change(ledger, entry.kid, { stage: 'reserved', order: entry.order });
    case 'RELEASED':
      return change(ledger, entry.kid, { stage: 'granted', order: null });
    case 'BURN_INTENT':
      return change(ledger, entry.kid, { stage: 'intent' });
    case 'BURNED':
      return {
        ...change(ledger, entry.kid, { stage: 'burned' }),
        stock: new Map([...ledger.stock, ...entry.stock.map((one) => [one.line, one.stock_ul] as const)]),
      };
    case 'BURN_FAILED':
      return change(ledger, entry.kid, { stage: 'burn-failed' });
    case 'PIECE_STARTED':
      return change(ledger, entry.kid, { stage: 'pouring', started: entry.piece });
    case 'PIECE_DONE':
      return change(ledger, entry.kid, { done: entry.piece });
    case 'SPENT':
      return change(ledger, entry.kid, { stage: 'spent', spent: entry });
    case 'VOIDED':
      return change(ledger, entry.kid, { stage: 'void', voided: entry });
    case 'CLAIMED':
      return change(ledger, entry.kid, { claim: entry.message });
    case 'OUTCOME_BOOKED':
      return change(ledger, entry.kid, { booked: true });
    case 'WITNESSED':
      return { ...ledger, witnessed: entry.journal };
    case 'QUARANTINED':
      return { ...ledger, quarantined: entry.reason };
    case 'STOCK_SET':
      return { ...ledger, stock: new Map(ledger.stock).set(entry.line, entry.stock_ul) };
    default:
      return unreachable(entry);
  }
}

/** The ledger of a whole journal. */
export function ledgerOf(entries: readonly Entry[]): Ledger {
  return entries.reduce(advance, emptyLedger);
}

/** One-time keys that no licence has taken yet, in the order they were made. */
export function freePrekeys(ledger: Ledger): Use[] {
  return [...ledger.uses.values()].filter((use) => use.stage === 'pooled');
}

/** The use that an order holds, the latest first when one was void. */
export function useOf(ledger: Ledger, order: string): Use | null {
  return [...ledger.uses.values()].findLast((use) => use.order === order) ?? null;
}

/** A use that is granted and not reserved, of the licence that answers `order`. */
export function grantedUse(ledger: Ledger, order: string): Use | null {
  return (
    [...ledger.uses.values()].find((use) => {
      const licence = use.cti === null ? undefined : ledger.licences.get(hex(use.cti));
      return use.stage === 'granted' && licence?.order === order;
    }) ?? null
  );
}

function pooled(ledger: Ledger, entry: EntryOf<'PREKEYS'>): Ledger {
  const fresh = entry.keys.map(({ kid, label }) => [hex(kid), freshUse(kid, label)] as const);
  return { ...ledger, batch: { entry, booked: false }, uses: new Map([...ledger.uses, ...fresh]) };
}

function granted(ledger: Ledger, entry: EntryOf<'GRANTED'>): Ledger {
  const uses = new Map(ledger.uses);
  for (const kid of entry.kids) {
    uses.set(hex(kid), { ...(uses.get(hex(kid)) ?? freshUse(kid, '')), stage: 'granted', cti: entry.cti });
  }
  return {
    ...ledger,
    uses,
    licences: new Map(ledger.licences).set(hex(entry.cti), entry),
    lastSeq: entry.seq,
  };
}

function change(ledger: Ledger, kid: Uint8Array, to: Partial<Use>): Ledger {
  const key = hex(kid);
  return { ...ledger, uses: new Map(ledger.uses).set(key, { ...(ledger.uses.get(key) ?? freshUse(kid, '')), ...to }) };
}
