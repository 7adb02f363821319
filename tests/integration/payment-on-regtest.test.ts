import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paymentUri } from '#payment/uri.ts';
import { RegtestWorld } from '#tests/support/regtest-world.ts';

describe('an invoice on a real node', () => {
  let world: RegtestWorld;
  beforeAll(async () => {
    world = await RegtestWorld.start();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('is seen when the wallet has paid its URI and settles by the next block', async () => {
    const invoice = await world.invoice(123_456);
    const { txid } = await world.wallet.payUri(paymentUri({ ...invoice, label: 'Mixer' }));

    const seen = await world.look(invoice);
    expect(seen.invoice.state).toBe('seen');
    expect(seen.invoice.payments).toMatchObject([{ txid, value: 123_456n, confirmations: 0 }]);
    expect(seen.effects).toEqual([{ type: 'changed', from: 'new', to: 'seen' }]);

    await world.node.mine(1);
    const settled = await world.look(seen.invoice);
    expect(settled.invoice.state).toBe('settled');
    expect(settled.effects).toContainEqual({ type: 'release' });
  });
});
