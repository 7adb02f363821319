import { demoAccount } from '#cli/demo/demo-account.ts';
import { DemoWallet } from '#cli/demo/demo-wallet.ts';
import { type EsploraFacade, startEsploraFacade } from '#cli/demo/esplora-facade.ts';
import { type RegtestNode, startRegtestNode } from '#cli/demo/regtest-node.ts';
import { type AddressBook, addressBook, type ReceivingAddress } from '#payment/address-book.ts';
import { advance } from '#payment/advance-invoice.ts';
import type { ChainSource } from '#payment/chain-source.ts';
import { esplora } from '#payment/esplora.ts';
import { createInvoice, type Invoice, type InvoicePolicy, type Step, usualPolicy } from '#payment/invoice.ts';
import { networkNamed } from '#payment/network.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type Instant, satoshi } from '#shared/units.ts';

/** A real node, its Esplora face, a customer's wallet and a machine's watch-only book, on one fresh chain. */
export class RegtestWorld implements AsyncDisposable {
  readonly node: RegtestNode;
  readonly wallet: DemoWallet;
  readonly book: AddressBook;
  readonly source: ChainSource;
  readonly #facade: EsploraFacade;

  private constructor(node: RegtestNode, wallet: DemoWallet, facade: EsploraFacade) {
    const network = networkNamed('bcoin-regtest');
    let next = 0;
    this.node = node;
    this.wallet = wallet;
    this.#facade = facade;
    this.book = addressBook(demoAccount(network, systemEntropy).descriptor, network, {
      reserveNext: async () => next++,
    });
    this.source = esplora({ base: facade.base, network, fetch, clock: systemClock });
  }

  static async start(options: { readonly mineAfterPayment?: boolean } = {}): Promise<RegtestWorld> {
    const network = networkNamed('bcoin-regtest');
    const account = demoAccount(network, systemEntropy);
    const node = await startRegtestNode(account.own(0, 0).address);
    const wallet = new DemoWallet({ account, chain: node, mineAfterPayment: options.mineAfterPayment ?? false });
    return new RegtestWorld(node, wallet, await startEsploraFacade(node, network, { port: 0, option: 'chain.port' }));
  }

  /** A fresh invoice on an address that nobody has paid. */
  async invoice(amount: number, policy: Partial<InvoicePolicy> = {}): Promise<Invoice> {
    const at: ReceivingAddress = await this.book.next();
    return createInvoice({
      id: `invoice-${at.index}`,
      address: at.address,
      script: at.script,
      amount: satoshi(amount),
      now: systemClock.now(),
      policy: { ...usualPolicy, ...policy },
    });
  }

  /** Looks at the chain through the Esplora face and advances the invoice by what is there. */
  async look(invoice: Invoice, at: Instant = systemClock.now()): Promise<Step> {
    const { outputs } = await this.source.look(invoice);
    return advance(invoice, { type: 'looked', at, outputs });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#facade[Symbol.asyncDispose]();
    await this.node[Symbol.asyncDispose]();
  }
}
