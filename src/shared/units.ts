/**
 * Whole numbers with a unit in their type.
 *
 * The brand is invariant (a function of the unit to itself): with a covariant brand `add(volume, time)` would
 * compile, because the compiler would infer the union of both units.
 */
declare const unit: unique symbol;

export type Quantity<U extends string> = number & { readonly [unit]: (u: U) => U };

export type Microlitres = Quantity<'µl'>;
export type Microseconds = Quantity<'µs'>;
export type Milliseconds = Quantity<'ms'>;
export type MicrolitresPerSecond = Quantity<'µl/s'>;
/** A point in time: whole milliseconds since 1970-01-01T00:00Z. */
export type Instant = Quantity<'instant'>;
/** 1e-8 bitcoin; a bigint, because money is added up without limit. */
export type Satoshi = bigint & { readonly [unit]: (u: 'sat') => 'sat' };

function whole<U extends string>(n: number, name: string): Quantity<U> {
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`${name} must be a whole number from 0 on, not ${n}`);
  return n as Quantity<U>;
}

/** @throws RangeError unless `n` is a whole number from 0 on; so for all constructors here. */
export const microlitres = (n: number): Microlitres => whole(n, 'microlitres');
export const microseconds = (n: number): Microseconds => whole(n, 'microseconds');
export const milliseconds = (n: number): Milliseconds => whole(n, 'milliseconds');
export const microlitresPerSecond = (n: number): MicrolitresPerSecond => whole(n, 'microlitres per second');
/** The greatest flow that anything here reckons with, µl/s: 1 l/s. */
export const greatestFlow = 1_000_000;
export const instant = (n: number): Instant => whole(n, 'instant');

export function satoshi(n: bigint | number): Satoshi {
  const value = BigInt(n);
  if (value < 0n) throw new RangeError(`satoshi must not be negative, not ${value}`);
  return value as Satoshi;
}

/** The sum of two quantities of one unit. */
export function add<U extends string>(a: Quantity<U>, b: Quantity<U>): Quantity<U> {
  return whole(a + b, 'sum');
}

/** `a - b`; @throws RangeError when `b` is larger. */
export function subtract<U extends string>(a: Quantity<U>, b: Quantity<U>): Quantity<U> {
  return whole(a - b, 'difference');
}

/** Whether `a` is at most `b`, both of one unit (a plain `<=` would compare across units). */
export function atMost<U extends string>(a: Quantity<U>, b: Quantity<U>): boolean {
  return a <= b;
}

/** The instant `after` milliseconds later. */
export function later(at: Instant, after: Milliseconds): Instant {
  return instant(at + after);
}

/** Milliseconds from `from` to `to`; 0 when `to` is earlier. */
export function elapsed(from: Instant, to: Instant): Milliseconds {
  return milliseconds(Math.max(0, to - from));
}
