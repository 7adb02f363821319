import type { default as Bcoin, BcoinJob, BcoinMeta, BcoinNode } from 'bcoin';
import type { ChainTip } from '#payment/chain-source.ts';
import { fromHex, hex } from '#shared/entropy.ts';
import { Failure, invariant, isFailure } from '#shared/failure.ts';
import { type Satoshi, satoshi } from '#shared/units.ts';

/** From this height on segregated witness is active on the test chain (432 blocks of signalling, and some to spare). */
const usableHeight = 450;

export interface ChainTransaction {
  readonly txid: string;
  readonly hex: string;
  readonly block: { readonly hash: string; readonly height: number; readonly time: number } | null;
}

export interface ChainBlock {
  readonly hash: string;
  /** The 80 bytes of the header, hexadecimal. */
  readonly header: string;
  readonly txids: readonly string[];
}

export interface Coin {
  readonly txid: string;
  readonly vout: number;
  readonly value: Satoshi;
  /** Whether the next block may spend it; a block's reward waits for 100 blocks. */
  readonly mature: boolean;
}

/** A full bitcoin node on a chain of its own, in this process and in memory. Hashes are as explorers print them. */
export interface RegtestNode extends AsyncDisposable {
  tip(): ChainTip;
  /** Mines `count` blocks with everything in the mempool. */
  mine(count: number): Promise<void>;
  /**
   * Mines one block on the block `parent` with exactly these transactions, past the mempool: how a payment is
   * double-spent, or, on an older parent, how a reorganisation begins. Answers the block's hash.
   */
  mineExactly(parent: string, transactions: readonly string[]): Promise<string>;
  /** Hands a transaction to the mempool; @throws Failure `payment/refused` with the mempool's own reason. */
  submit(transaction: string): Promise<string>;
  blockHash(height: number): Promise<string | null>;
  block(hash: string): Promise<ChainBlock | null>;
  transaction(txid: string): Promise<ChainTransaction | null>;
  /** Waiting transactions first, then from the newest block to the oldest. */
  history(address: string): Promise<ChainTransaction[]>;
  /** Unspent outputs, the mempool counted in. */
  coins(address: string): Promise<Coin[]>;
}

/**
 * Starts the node and mines to height 450, all rewards to `rewardsTo`.
 * @throws Failure `config/package-missing` where bcoin, a development dependency, is not installed.
 */
export async function startRegtestNode(rewardsTo: string): Promise<RegtestNode> {
  const { bcoin, FullNode } = await loadBcoin();
  const options = {
    network: 'regtest',
    memory: true,
    indexTX: true,
    indexAddress: true,
    workers: false,
    listen: false,
  };
  const node = new FullNode(options);
  // it would listen on a port of its own; what is needed of it is served by the facade
  node.http = { open: async () => {}, close: async () => {} };
  await node.open();
  const running = new BcoinRegtest(bcoin, node, rewardsTo);
  await running.mine(usableHeight);
  return running;
}

async function loadBcoin(): Promise<{ bcoin: typeof Bcoin; FullNode: (typeof Bcoin)['FullNode'] }> {
  const told = process.noDeprecation ?? false;
  try {
    // a dependency of 2018 reads fs.F_OK while it loads; nobody here can act on that warning
    process.noDeprecation = true;
    const bcoin = (await import('bcoin')).default;
    return { bcoin, FullNode: bcoin.FullNode };
  } catch (error) {
    throw new Failure('config/package-missing', { package: 'bcoin' }, error);
  } finally {
    process.noDeprecation = told;
  }
}

class BcoinRegtest implements RegtestNode {
  readonly #bcoin: typeof Bcoin;
  readonly #node: BcoinNode;
  readonly #rewardsTo: string;

  constructor(bcoin: typeof Bcoin, node: BcoinNode, rewardsTo: string) {
    this.#bcoin = bcoin;
    this.#node = node;
    this.#rewardsTo = rewardsTo;
  }

  tip(): ChainTip {
    return { height: this.#node.chain.height, hash: this.#node.chain.tip.rhash() };
  }

  async mine(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const block = await this.#node.miner.cpu.mineBlock(null, this.#rewardsTo);
      invariant(await this.#node.chain.add(block), 'the chain takes the block that was mined on it');
    }
  }

  async mineExactly(parent: string, transactions: readonly string[]): Promise<string> {
    const entry = await this.#node.chain.getEntry(reversed(parent));
    invariant(entry, 'the parent block is known');
    const job = await this.#node.miner.cpu.createJob(entry, this.#rewardsTo);
    this.#replaceTransactions(job, transactions);
    const block = await job.mineAsync();
    invariant(await this.#node.chain.add(block), 'the chain takes the block');
    return block.rhash();
  }

  #replaceTransactions(job: BcoinJob, transactions: readonly string[]): void {
    job.attempt.items = [];
    job.attempt.fees = 0;
    for (const transaction of transactions) job.pushTX(this.#bcoin.TX.fromRaw(transaction, 'hex'));
    job.refresh();
  }

  async submit(transaction: string): Promise<string> {
    try {
      const tx = this.#bcoin.TX.fromRaw(transaction, 'hex');
      const missing = await this.#node.mempool.addTX(tx);
      if (missing && missing.length > 0) throw new Failure('payment/refused', { reason: 'missing inputs' });
      return tx.txid();
    } catch (error) {
      throw isFailure(error) ? error : new Failure('payment/refused', { reason: reasonOf(error) }, error);
    }
  }

  async blockHash(height: number): Promise<string | null> {
    return (await this.#node.chain.getEntry(height))?.rhash() ?? null;
  }

  async block(hash: string): Promise<ChainBlock | null> {
    const block = await this.#node.getBlock(reversed(hash));
    if (block === null) return null;
    const header = hex(block.toRaw().subarray(0, 80));
    return { hash, header, txids: block.txs.map((tx) => tx.txid()) };
  }

  async transaction(txid: string): Promise<ChainTransaction | null> {
    const meta = await this.#node.getMeta(reversed(txid));
    return meta === null ? null : toTransaction(meta);
  }

  async history(address: string): Promise<ChainTransaction[]> {
    const metas = await this.#node.getMetaByAddress(address);
    const depth = (meta: BcoinMeta): number => (meta.height < 0 ? Number.POSITIVE_INFINITY : meta.height);
    return [...metas].sort((a, b) => (depth(a) === depth(b) ? 0 : depth(b) - depth(a))).map(toTransaction);
  }

  async coins(address: string): Promise<Coin[]> {
    const next = this.#node.chain.height + 1;
    const coins = await this.#node.getCoinsByAddress(address);
    return coins.map((coin) => ({
      txid: reversed(coin.hash),
      vout: coin.index,
      value: satoshi(coin.value),
      mature: !coin.coinbase || next - coin.height >= 100,
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#node.close();
  }
}

function toTransaction(meta: BcoinMeta): ChainTransaction {
  const block = meta.block === null ? null : { hash: reversed(meta.block), height: meta.height, time: meta.time };
  return { txid: meta.tx.txid(), hex: hex(meta.tx.toRaw()), block };
}

const reversed = (hash: string): string => hex(fromHex(hash).reverse());

function reasonOf(error: unknown): string {
  const reason = (error as { readonly reason?: unknown }).reason;
  return typeof reason === 'string' ? reason : 'unreadable transaction';
}
