import { type Satoshi, satoshi } from '#shared/units.ts';

/** The licensor's part of a licence price in hundredths of a percent; 7000 by default. */
export const usualLicensorShare = 7_000;

export interface Split {
  readonly licensor: Satoshi;
  readonly marketplace: Satoshi;
}

/**
 * Divides a licence price: the licensor's share rounded down, the marketplace the rest, so the parts always add up.
 * @throws RangeError for a share that is no whole number from 0 to 10000.
 */
export function splitPrice(price: Satoshi, licensorShare: number = usualLicensorShare): Split {
  if (!Number.isInteger(licensorShare) || licensorShare < 0 || licensorShare > 10_000) {
    throw new RangeError(`a share is a whole number from 0 to 10000, not ${licensorShare}`);
  }
  const licensor = satoshi((price * BigInt(licensorShare)) / 10_000n);
  return { licensor, marketplace: satoshi(price - licensor) };
}
