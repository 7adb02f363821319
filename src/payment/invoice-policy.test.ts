import { describe, expect, it } from 'vitest';
import { invoicePolicy } from './invoice-policy.ts';
import { networkNamed } from './network.ts';

describe('an invoice policy', () => {
  it('may release unconfirmed payments on a test network only', () => {
    expect(invoicePolicy(networkNamed('signet'), { confirmations: 0 }).confirmations).toBe(0);
    const mainnet = networkNamed('mainnet', { mainnet: true });
    expect(invoicePolicy(mainnet).confirmations).toBe(1);
    expect(() => invoicePolicy(mainnet, { confirmations: 0 })).toThrow('config/invalid');
  });

  it.each([-1, 0.5])('refuses %s confirmations everywhere', (confirmations) => {
    expect(() => invoicePolicy(networkNamed('regtest'), { confirmations })).toThrow('config/invalid');
  });
});
