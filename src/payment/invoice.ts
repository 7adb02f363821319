import { type Instant, later, type Milliseconds, milliseconds, type Satoshi, satoshi } from '#shared/units.ts';
import type { ChainOutput } from './chain-source.ts';

export const invoiceStates = [
  'new', // nothing seen
  'seen', // enough, but not all of it in a block
  'confirmed', // enough in blocks, not deep enough yet
  'settled', // exactly enough, deep enough: the order is released
  'underpaid', // some in time, not enough: the same address takes the rest
  'overpaid', // settled with more than was asked; the rest is owed
  'expired', // time is over without enough
  'late', // money that was first seen after the time
  'replaced', // an unconfirmed payment was taken back
  'invalid', // a confirmed payment was lost in a reorganisation
] as const;

export type InvoiceState = (typeof invoiceStates)[number];

export interface InvoicePayment {
  readonly txid: string;
  readonly vout: number;
  readonly value: Satoshi;
  readonly firstSeenAt: Instant;
  /** First seen after the invoice had run out. */
  readonly late: boolean;
  readonly confirmations: number;
  /** Whether it was ever in a block. */
  readonly wasConfirmed: boolean;
  /** Not in chain or mempool at the last look. */
  readonly gone: boolean;
}

export interface InvoicePolicy {
  /** Blocks before the order is released; 0 only on networks whose coins have no price. */
  readonly confirmations: number;
  readonly expiry: Milliseconds;
  /** A payment first seen this long after expiry still counts as in time (at least the interval between looks). */
  readonly grace: Milliseconds;
  /** How long after expiry the address is still watched. */
  readonly monitoring: Milliseconds;
}

/** 15 minutes to pay, one block, watched for 24 hours more. */
export const usualPolicy: InvoicePolicy = {
  confirmations: 1,
  expiry: milliseconds(15 * 60_000),
  grace: milliseconds(30_000),
  monitoring: milliseconds(24 * 3_600_000),
};

export interface Invoice {
  readonly id: string;
  readonly address: string;
  /** The address's output script, hexadecimal. */
  readonly script: string;
  readonly amount: Satoshi;
  readonly state: InvoiceState;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly watchedUntil: Instant;
  readonly confirmations: number;
  readonly grace: Milliseconds;
  readonly payments: readonly InvoicePayment[];
  /** Everything in chain or mempool now. */
  readonly received: Satoshi;
  /** Whether the order was let go; never taken back. */
  readonly released: boolean;
  /** Given back to the customer so far. */
  readonly refunded: Satoshi;
  /** Time of the last look that succeeded. */
  readonly lookedAt: Instant | null;
  /** Since when looks fail; null while they succeed. */
  readonly unknownSince: Instant | null;
}

export type InvoiceEvent =
  /** A look succeeded; `outputs` is all that pays the script now. */
  | { readonly type: 'looked'; readonly at: Instant; readonly outputs: readonly ChainOutput[] }
  /** A look failed; that says nothing about the money. */
  | { readonly type: 'unknown'; readonly at: Instant }
  /** The customer gave up; what is paid from now on is late. */
  | { readonly type: 'closed'; readonly at: Instant }
  /** The operator accepts late money that covers the amount. */
  | { readonly type: 'honoured'; readonly at: Instant }
  /** `total` is all that was given back so far (as vouchers, say). */
  | { readonly type: 'refunded'; readonly at: Instant; readonly total: Satoshi };

export type InvoiceEffect =
  | { readonly type: 'changed'; readonly from: InvoiceState; readonly to: InvoiceState }
  /** Let the order go; once in an invoice's life. */
  | { readonly type: 'release' }
  /** The customer has this much to get back, beyond what was refunded. Replaces an earlier `owe`. */
  | { readonly type: 'owe'; readonly amount: Satoshi }
  /** The order was let go and its money is no longer there: a person must look. */
  | { readonly type: 'alarm' };

export interface Step {
  readonly invoice: Invoice;
  readonly effects: readonly InvoiceEffect[];
}

export interface NewInvoice {
  readonly id: string;
  readonly address: string;
  readonly script: string;
  /** At least 1. */
  readonly amount: Satoshi;
  readonly now: Instant;
  readonly policy: InvoicePolicy;
}

/** A fresh invoice over `amount`; @throws RangeError for an amount of 0. */
export function createInvoice({ id, address, script, amount, now, policy }: NewInvoice): Invoice {
  if (amount === 0n) throw new RangeError('an invoice asks for at least 1 satoshi');
  const expiresAt = later(now, policy.expiry);
  return {
    id,
    address,
    script,
    amount,
    state: 'new',
    createdAt: now,
    expiresAt,
    watchedUntil: later(expiresAt, policy.monitoring),
    confirmations: policy.confirmations,
    grace: policy.grace,
    payments: [],
    received: satoshi(0),
    released: false,
    refunded: satoshi(0),
    lookedAt: null,
    unknownSince: null,
  };
}

/** What remains to be paid, 0 when nothing. */
export function remaining(invoice: Invoice): Satoshi {
  return satoshi(invoice.received >= invoice.amount ? 0n : invoice.amount - invoice.received);
}

/**
 * Whether someone should still look at the chain for this invoice: until its watching ends, and however long after that
 * until one look has told what had come by the time it ran out (the machine may have been off for a weekend).
 */
export function isWatched(invoice: Invoice, now: Instant): boolean {
  const { lookedAt, expiresAt, grace } = invoice;
  return now <= invoice.watchedUntil || lookedAt === null || lookedAt <= expiresAt + grace;
}

/** Whether a person must look at it: released money was lost, or watching ended without a clear end. */
export function isOpenCase(invoice: Invoice, now: Instant): boolean {
  if (invoice.released && invoice.state === 'invalid') return true;
  if (now <= invoice.watchedUntil) return false;
  return invoice.unknownSince !== null || invoice.state === 'seen' || invoice.state === 'confirmed';
}
