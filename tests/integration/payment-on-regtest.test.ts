import { Transaction } from 'bitcoinjs-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoChain } from '#cli/demo/demo-chain.ts';
import type { Invoice } from '#payment/invoice.ts';
import { paymentUri } from '#payment/uri.ts';
import { hex } from '#shared/entropy.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { later, milliseconds, satoshi } from '#shared/units.ts';
import { RegtestWorld } from '#tests/support/regtest-world.ts';

const minute = milliseconds(60_000);
const part = (invoice: Invoice, amount: number) => ({ address: invoice.address, amount: satoshi(amount) });

describe('an invoice on a real node', () => {
  let world: RegtestWorld;
  beforeAll(async () => {
    world = await RegtestWorld.start();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('is seen when the wallet has paid its URI and settles by the next block', async () => {
    const invoice = await world.invoice(123_456);
    const { txid } = await world.chain.wallet.payUri(paymentUri({ ...invoice, label: 'Mixer' }));

    const seen = await world.look(invoice);
    expect(seen.invoice.state).toBe('seen');
    expect(seen.invoice.payments).toMatchObject([{ txid, value: 123_456n, confirmations: 0 }]);
    expect(seen.effects).toEqual([{ type: 'changed', from: 'new', to: 'seen' }]);

    await world.chain.node.mine(1);
    const settled = await world.look(seen.invoice);
    expect(settled.invoice.state).toBe('settled');
    expect(settled.effects).toContainEqual({ type: 'release' });
  });

  it('waits at underpaid for the rest and settles on the same address', async () => {
    const invoice = await world.invoice(50_000);
    await world.chain.wallet.pay([part(invoice, 20_000)]);
    const short = await world.look(invoice);
    expect(short.invoice).toMatchObject({ state: 'underpaid', received: 20_000n });

    await world.chain.wallet.pay([part(invoice, 30_000)]);
    await world.chain.node.mine(1);
    const full = await world.look(short.invoice);
    expect(full.invoice).toMatchObject({ state: 'settled', received: 50_000n });
  });

  it('counts two payments in one transaction', async () => {
    const invoice = await world.invoice(50_000);
    const { txid } = await world.chain.wallet.pay([part(invoice, 25_000), part(invoice, 25_000)]);
    await world.chain.node.mine(1);
    const { invoice: paid } = await world.look(invoice);
    expect(paid.state).toBe('settled');
    expect(paid.payments.map((payment) => [payment.txid, payment.vout])).toEqual([
      [txid, 0],
      [txid, 1],
    ]);
  });

  it('keeps two invoices apart that one transaction pays', async () => {
    const [one, two] = [await world.invoice(11_000), await world.invoice(22_000)];
    await world.chain.wallet.pay([part(one, 11_000), part(two, 22_000)]);
    await world.chain.node.mine(1);
    expect((await world.look(one)).invoice).toMatchObject({ state: 'settled', received: 11_000n });
    expect((await world.look(two)).invoice).toMatchObject({ state: 'settled', received: 22_000n });
  });

  it('releases when overpaid and owes the rest', async () => {
    const invoice = await world.invoice(10_000);
    await world.chain.wallet.pay([part(invoice, 12_500)]);
    await world.chain.node.mine(1);
    const { invoice: paid, effects } = await world.look(invoice);
    expect(paid.state).toBe('overpaid');
    expect(effects).toContainEqual({ type: 'release' });
    expect(effects).toContainEqual({ type: 'owe', amount: 2_500n });
  });

  it('owes what comes too late once it is in a block, and releases nothing', async () => {
    const invoice = { ...(await world.invoice(10_000)) };
    const after = later(later(invoice.expiresAt, invoice.grace), minute);
    const expired = await world.look(invoice, after);
    expect(expired.invoice.state).toBe('expired');

    await world.chain.wallet.pay([part(invoice, 10_000)]);
    const late = await world.look(expired.invoice, later(after, minute));
    expect(late.invoice.state).toBe('late');
    expect(late.effects).toEqual([{ type: 'changed', from: 'expired', to: 'late' }]);
  });

  it('says replaced when a block double-spends the waiting payment', async () => {
    const invoice = await world.invoice(10_000);
    const stolenBack = await world.chain.wallet.prepare([part(await world.invoice(1), 10_000)]);
    await world.chain.wallet.pay([part(invoice, 10_000)]);
    const seen = await world.look(invoice);
    expect(seen.invoice.state).toBe('seen');

    await world.chain.node.mineExactly(world.chain.node.tip().hash, [stolenBack.hex]);
    const gone = await world.look(seen.invoice);
    expect(gone.invoice).toMatchObject({ state: 'replaced', received: 0n, released: false });
  });

  it('goes from settled to invalid with an alarm when a longer chain double-spends it', async () => {
    const invoice = await world.invoice(10_000);
    const stolenBack = await world.chain.wallet.prepare([part(await world.invoice(1), 10_000)]);
    await world.chain.wallet.pay([part(invoice, 10_000)]);
    const fork = world.chain.node.tip().hash;
    await world.chain.node.mine(1);
    const settled = await world.look(invoice);
    expect(settled.invoice.state).toBe('settled');

    const rival = await world.chain.node.mineExactly(fork, [stolenBack.hex]);
    await world.chain.node.mineExactly(rival, []);
    const lost = await world.look(settled.invoice);
    expect(lost.invoice).toMatchObject({ state: 'invalid', released: true, received: 0n });
    expect(lost.effects).toEqual([{ type: 'changed', from: 'settled', to: 'invalid' }, { type: 'alarm' }]);
  });

  it('is told the mempool’s real verdict about a broadcast', async () => {
    const good = await world.chain.wallet.prepare([part(await world.invoice(1), 5_000)]);
    const forged = Transaction.fromHex(good.hex);
    const witness = forged.ins[0]?.witness[0];
    if (witness?.[10] === undefined) throw new Error('a signed input has a signature');
    witness[10] ^= 1;
    await expect(world.source.broadcast(hex(forged.toBuffer()))).rejects.toMatchObject({ code: 'payment/refused' });
    expect(await world.source.broadcast(good.hex)).toBe(good.txid);
  });
});

describe('the demo chain', () => {
  it('settles by itself after a payment on the wallet’s page', async () => {
    await using world = await RegtestWorld.start(true);
    const invoice = await world.invoice(7_700);
    const uri = paymentUri({ ...invoice, label: '<Bar & Co>' });

    const page = await (await fetch(`${world.chain.walletPage}/?uri=${encodeURIComponent(uri)}`)).text();
    expect(page).toContain(invoice.address);
    expect(page).toContain('&lt;Bar &amp; Co&gt;');
    expect(page).not.toContain('<Bar');

    const answer = await fetch(`${world.chain.walletPage}/pay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri }),
    });
    expect(answer.status).toBe(200);
    const { invoice: paid } = await world.look(invoice);
    expect(paid.state).toBe('settled');
    expect(await answer.json()).toEqual({ txid: paid.payments[0]?.txid });
  });

  it('names port and option when its port is taken', async () => {
    await using first = await startDemoChain({
      entropy: systemEntropy,
      esploraPort: 0,
      walletPort: 0,
      mineAfterPayment: false,
    });
    const esploraPort = Number(new URL(first.esplora).port);
    const second = startDemoChain({ entropy: systemEntropy, esploraPort, walletPort: 0, mineAfterPayment: false });
    await expect(second).rejects.toMatchObject({
      code: 'config/port-taken',
      facts: { port: esploraPort, option: 'esplora-port' },
    });
  });
});
