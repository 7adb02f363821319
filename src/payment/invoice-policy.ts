import { Failure } from '#shared/failure.ts';
import { type InvoicePolicy, usualPolicy } from './invoice.ts';
import type { BitcoinNetwork } from './network.ts';

/**
 * The usual policy with `changes`, fit for `network`.
 * @throws Failure `config/invalid` for fewer than one confirmation where coins have a price: any waiting payment can be replaced.
 */
export function invoicePolicy(network: BitcoinNetwork, changes: Partial<InvoicePolicy> = {}): InvoicePolicy {
  const policy = { ...usualPolicy, ...changes };
  const least = network.money ? 1 : 0;
  if (!Number.isInteger(policy.confirmations) || policy.confirmations < least) {
    throw new Failure('config/invalid', { option: 'confirmations', least, network: network.name });
  }
  return policy;
}
