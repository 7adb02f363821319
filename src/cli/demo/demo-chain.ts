import { type BitcoinNetwork, networkNamed } from '#payment/network.ts';
import type { Entropy } from '#shared/entropy.ts';
import { demoAccount } from './demo-account.ts';
import { DemoWallet } from './demo-wallet.ts';
import { startEsploraFacade } from './esplora-facade.ts';
import { type RegtestNode, startRegtestNode } from './regtest-node.ts';
import { startWalletServer } from './wallet-server.ts';

/** A bitcoin world of its own: node, Esplora interface, and a customer's wallet with coins. */
export interface DemoChain extends AsyncDisposable {
  readonly network: BitcoinNetwork;
  /** Base address of the Esplora interface. */
  readonly esplora: string;
  /** Address of the wallet's page. */
  readonly walletPage: string;
  readonly wallet: DemoWallet;
  readonly node: RegtestNode;
  /** A receiving descriptor to pin on a machine, fresh at each call; its private key is thrown away. */
  newDescriptor(): string;
}

export interface DemoChainOptions {
  readonly entropy: Entropy;
  /** 0 takes a free port. */
  readonly esploraPort: number;
  readonly walletPort: number;
  readonly mineAfterPayment: boolean;
}

/**
 * Starts everything from nothing, in memory (under a second).
 * @throws Failure `config/port-taken` (options `esplora-port`, `wallet-port`), `config/package-missing`.
 */
export async function startDemoChain(options: DemoChainOptions): Promise<DemoChain> {
  const { entropy, mineAfterPayment } = options;
  const network = networkNamed('bcoin-regtest');
  const account = demoAccount(network, entropy);
  await using parts = new AsyncDisposableStack();
  const node = parts.use(await startRegtestNode(account.own(0, 0).address));
  const wallet = new DemoWallet({ account, chain: node, mineAfterPayment });
  const facade = parts.use(
    await startEsploraFacade(node, network, { port: options.esploraPort, option: 'esplora-port' }),
  );
  const page = parts.use(await startWalletServer(wallet, entropy, { port: options.walletPort, option: 'wallet-port' }));
  const started = parts.move();
  return {
    network,
    esplora: facade.base,
    walletPage: page.url,
    wallet,
    node,
    newDescriptor: () => demoAccount(network, entropy).descriptor,
    [Symbol.asyncDispose]: async () => started.disposeAsync(),
  };
}
