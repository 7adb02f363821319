import { type DemoChain, startDemoChain } from '#cli/demo/demo-chain.ts';
import { type AddressBook, addressBook } from '#payment/address-book.ts';
import { advance } from '#payment/advance-invoice.ts';
import type { ChainSource } from '#payment/chain-source.ts';
import { esplora } from '#payment/esplora.ts';
import { createInvoice, type Invoice, type InvoicePolicy, type Step, usualPolicy } from '#payment/invoice.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type Instant, satoshi } from '#shared/units.ts';

/** The demo's chain with a machine's side beside it: a watch-only book and a source that looks through HTTP. */
export class RegtestWorld implements AsyncDisposable {
  readonly chain: DemoChain;
  readonly book: AddressBook;
  readonly source: ChainSource;

  private constructor(chain: DemoChain) {
    let next = 0;
    this.chain = chain;
    this.book = addressBook(chain.newDescriptor(), chain.network, { reserveNext: async () => next++ });
    this.source = esplora({ base: chain.esplora, network: chain.network, fetch, clock: systemClock });
  }

  static async start(mineAfterPayment = false): Promise<RegtestWorld> {
    return new RegtestWorld(
      await startDemoChain({ entropy: systemEntropy, esploraPort: 0, walletPort: 0, mineAfterPayment }),
    );
  }

  /** A fresh invoice on an address that nobody has paid. */
  async invoice(amount: number, policy: Partial<InvoicePolicy> = {}): Promise<Invoice> {
    const { index, address, script } = await this.book.next();
    const now = systemClock.now();
    const whole = { ...usualPolicy, ...policy };
    return createInvoice({ id: `invoice-${index}`, address, script, amount: satoshi(amount), now, policy: whole });
  }

  /** Looks at the chain through the Esplora face and advances the invoice by what is there. */
  async look(invoice: Invoice, at: Instant = systemClock.now()): Promise<Step> {
    const { outputs } = await this.source.look(invoice);
    return advance(invoice, { type: 'looked', at, outputs });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chain[Symbol.asyncDispose]();
  }
}
