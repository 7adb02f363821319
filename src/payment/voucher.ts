import type { Entropy } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { type Instant, type Satoshi, satoshi } from '#shared/units.ts';
import { newVoucherCode, readVoucherCode, voucherDigest } from './voucher-code.ts';

/** What is kept of a voucher; its code is told once and cannot be found again from this. */
export interface VoucherRecord {
  /** SHA-256 of the code, hexadecimal. */
  readonly digest: string;
  readonly amount: Satoshi;
  readonly issuedAt: Instant;
  /** What redeemed it, such as an order id; null while it is good. */
  readonly usedFor: string | null;
}

/** Where vouchers are kept. */
export interface VoucherStore {
  /** Durable when it resolves. */
  add(record: VoucherRecord): Promise<void>;
  find(digest: string): Promise<VoucherRecord | null>;
  /**
   * In one step that a power cut cannot divide: marks the voucher as used for `purpose`, adds `remainder` and runs
   * `along`, which writes what belongs to it. Answers false, changing nothing, when it was used before; changes nothing
   * either when `along` throws.
   */
  redeem(digest: string, purpose: string, remainder: VoucherRecord | null, along?: () => void): Promise<boolean>;
  /** Makes a voucher that is still good worth `by` more and runs `along`, in one step; else answers false. */
  raise(digest: string, by: Satoshi, along?: () => void): Promise<boolean>;
}

export interface IssuedVoucher {
  /** For the customer's eyes; not stored, not logged. */
  readonly code: string;
  readonly amount: Satoshi;
}

/** The voucher rail: prepaid codes, which are also how money is given back. */
export class Vouchers {
  readonly #store: VoucherStore;
  readonly #entropy: Entropy;

  constructor(store: VoucherStore, entropy: Entropy) {
    this.#store = store;
    this.#entropy = entropy;
  }

  /** A new code worth `amount`. @throws RangeError for 0. */
  async issue(amount: Satoshi, at: Instant): Promise<IssuedVoucher> {
    const { code, record } = this.#make(amount, at);
    await this.#store.add(record);
    return { code, amount };
  }

  /** What a typed code is worth. @throws Failure `payment/voucher-unknown`, `payment/voucher-used`. */
  async worth(typed: string): Promise<Satoshi> {
    return (await this.#find(typed)).amount;
  }

  /**
   * Pays `price` with a code, once; what it is worth beyond that comes back as a new code. `along` writes what was
   * paid for, in the same step.
   * @throws Failure `payment/voucher-unknown`, `payment/voucher-used`, `payment/voucher-too-small` (the voucher stays good).
   */
  async redeem(
    typed: string,
    price: Satoshi,
    purpose: string,
    at: Instant,
    along?: (rest: IssuedVoucher | null) => void,
  ): Promise<IssuedVoucher | null> {
    const { digest, amount } = await this.#find(typed);
    if (amount < price) throw new Failure('payment/voucher-too-small', { balance: `${amount}`, wanted: `${price}` });
    const rest = satoshi(amount - price);
    const remainder = rest > 0n ? this.#make(rest, at) : null;
    const change = remainder === null ? null : { code: remainder.code, amount: rest };
    const first = await this.#store.redeem(digest, purpose, remainder?.record ?? null, () => along?.(change));
    if (!first) throw new Failure('payment/voucher-used');
    return change;
  }

  /**
   * Makes a code that was handed out worth `by` more, `along` in the same step; false, changing nothing, when it was
   * used meanwhile.
   */
  async raise(code: string, by: Satoshi, along?: () => void): Promise<boolean> {
    const symbols = readVoucherCode(code);
    return symbols !== null && this.#store.raise(voucherDigest(symbols), by, along);
  }

  #make(amount: Satoshi, at: Instant): { readonly code: string; readonly record: VoucherRecord } {
    if (amount === 0n) throw new RangeError('a voucher is worth at least 1 satoshi');
    const code = newVoucherCode(this.#entropy);
    const digest = voucherDigest(readVoucherCode(code) ?? '');
    return { code, record: { digest, amount, issuedAt: at, usedFor: null } };
  }

  async #find(typed: string): Promise<VoucherRecord> {
    const symbols = readVoucherCode(typed);
    const record = symbols === null ? null : await this.#store.find(voucherDigest(symbols));
    if (record === null) throw new Failure('payment/voucher-unknown');
    if (record.usedFor !== null) throw new Failure('payment/voucher-used');
    return record;
  }
}

/** Vouchers in memory, for tests and for a machine that may forget them. */
export function memoryVoucherStore(): VoucherStore {
  const records = new Map<string, VoucherRecord>();
  return {
    add: async (record) => void records.set(record.digest, record),
    find: async (digest) => records.get(digest) ?? null,
    async redeem(digest, purpose, remainder, along) {
      const record = records.get(digest);
      if (record === undefined || record.usedFor !== null) return false;
      along?.();
      records.set(digest, { ...record, usedFor: purpose });
      if (remainder !== null) records.set(remainder.digest, remainder);
      return true;
    },
    async raise(digest, by, along) {
      const record = records.get(digest);
      if (record === undefined || record.usedFor !== null) return false;
      along?.();
      records.set(digest, { ...record, amount: satoshi(record.amount + by) });
      return true;
    },
  };
}
