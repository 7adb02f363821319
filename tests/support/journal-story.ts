import type { Entry } from '#cell/journal/entry.ts';

/** 32 bytes that are told apart by their first. */
export function digestOf(n: number): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes[0] = n;
  return bytes;
}

export const ctiOf = (n: number): Uint8Array => digestOf(n).slice(0, 16);
export const orderOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** A batch of prekeys with these kids. */
export function prekeysEntry(batch: number, ...kids: number[]): Entry {
  const keys = kids.map((kid) => ({ kid: digestOf(kid), label: `prekey-${kid}` }));
  return { kind: 'PREKEYS', batch, digest: digestOf(200 + batch), message: new Uint8Array([batch]), keys, at: 1 };
}

export function orderedEntry(order: number): Entry {
  return {
    kind: 'ORDERED',
    order: orderOf(order),
    digest: digestOf(100 + order),
    message: new Uint8Array([order]),
    recipe: ctiOf(7),
    version: 1,
    manifest: digestOf(9),
    price: 900,
    at: 2,
  };
}

/** A licence with number `seq` for an order, with one slot for each kid. */
export function grantedEntry(seq: number, order: number, ...kids: number[]): Entry & { kind: 'GRANTED' } {
  return {
    kind: 'GRANTED',
    seq,
    cti: ctiOf(50 + seq),
    digest: digestOf(60 + seq),
    order: orderOf(order),
    recipe: ctiOf(7),
    version: 1,
    manifest: digestOf(9),
    kids: kids.map(digestOf),
    expires: 0,
    at: 3,
  };
}

export function reservedEntry(order: number, seq: number, kid: number): Entry {
  return { kind: 'RESERVED', order: orderOf(order), cti: ctiOf(50 + seq), kid: digestOf(kid), at: 4 };
}

export const burnIntent = (kid: number): Entry => ({ kind: 'BURN_INTENT', kid: digestOf(kid), at: 5 });
export const burned = (kid: number): Entry => ({
  kind: 'BURNED',
  kid: digestOf(kid),
  stock: [{ line: 1, stock_ul: 300_000 }],
});
export const pieceStarted = (kid: number, piece: number): Entry => ({
  kind: 'PIECE_STARTED',
  kid: digestOf(kid),
  piece,
});
export const pieceDone = (kid: number, piece: number): Entry => ({ kind: 'PIECE_DONE', kid: digestOf(kid), piece });

export function spentEntry(kid: number): Entry & { kind: 'SPENT' } {
  return {
    kind: 'SPENT',
    kid: digestOf(kid),
    result: 'ok',
    reason: '',
    pieces: 8,
    ordered_ul: 190_000,
    delivered_ul: 189_000,
    started: 5000,
    ended: 10_000,
  };
}

export const voidedEntry = (kid: number): Entry & { kind: 'VOIDED' } => ({
  kind: 'VOIDED',
  kid: digestOf(kid),
  reason: 'power-cut',
  pieces: 0,
  at: 6,
});

export const claimed = (kid: number, ...message: number[]): Entry => ({
  kind: 'CLAIMED',
  kid: digestOf(kid),
  message: new Uint8Array(message),
});

/** One drink from prekey to booked USAGE. */
export const oneDrink: readonly Entry[] = [
  { kind: 'BOOT', software: 'decant-0', token: 'serial', at: 0 },
  prekeysEntry(1, 1, 2, 3),
  { kind: 'PREKEYS_BOOKED', digest: digestOf(201), at: 1 },
  orderedEntry(1),
  grantedEntry(1, 1, 1),
  reservedEntry(1, 1, 1),
  burnIntent(1),
  burned(1),
  pieceStarted(1, 1),
  pieceDone(1, 1),
  pieceStarted(1, 2),
  pieceDone(1, 2),
  spentEntry(1),
  claimed(1, 1, 2, 3),
  { kind: 'OUTCOME_BOOKED', kid: digestOf(1), at: 9 },
  { kind: 'STOCK_SET', line: 2, stock_ul: 500_000, who: 'ada', at: 9 },
  { kind: 'WITNESSED', journal: { index: 3, head: digestOf(77) }, at: 9 },
];
