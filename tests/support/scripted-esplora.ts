import { address as addresses, Block, Transaction } from 'bitcoinjs-lib';
import type { Fetch } from '#payment/limited-fetch.ts';
import { type BitcoinNetwork, networkNamed } from '#payment/network.ts';
import { hex } from '#shared/entropy.ts';
import type { Instant } from '#shared/units.ts';

interface MinedBlock {
  readonly block: Block;
  readonly transactions: readonly Transaction[];
}

export interface PaidOutput {
  readonly script: string;
  readonly value: number;
}

/**
 * A chain and its Esplora server in memory, for what a healthy node does not show: answers can be replaced by path, held
 * back for ever or refused, blocks undone, waiting payments taken back. Headers carry real (regtest) work unless told
 * otherwise.
 */
export class ScriptedEsplora {
  readonly network: BitcoinNetwork = networkNamed('bcoin-regtest');
  /** Paths whose request never ends until it is aborted. */
  silent: RegExp | null = null;
  /** Changes an answer: the body instead, a status instead, or null to leave it. */
  lie: (path: string, truth: string | null) => string | number | null = () => null;
  readonly asked: string[] = [];
  #blocks: MinedBlock[] = [];
  readonly #headers = new Map<string, string>();
  #waiting: Transaction[] = [];
  #count = 0;
  readonly #time: () => Instant;

  constructor(time: () => Instant) {
    this.#time = time;
    const genesis = new Block();
    genesis.version = 1;
    genesis.prevHash = new Uint8Array(32);
    genesis.merkleRoot = Buffer.from('3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a', 'hex');
    genesis.timestamp = 1_296_688_602;
    genesis.bits = this.network.easiestBits;
    genesis.nonce = 2;
    this.#append({ block: genesis, transactions: [] });
    this.mine();
  }

  /** Puts a transaction with these outputs into the mempool; answers its id. */
  pay(...outputs: readonly PaidOutput[]): string {
    const transaction = new Transaction();
    this.#count += 1;
    transaction.addInput(new Uint8Array(32).fill(9), this.#count);
    for (const { script, value } of outputs) transaction.addOutput(Buffer.from(script, 'hex'), BigInt(value));
    this.#waiting.push(transaction);
    return transaction.getId();
  }

  /** Takes a waiting transaction back, as its replacement by another does. */
  replace(txid: string): void {
    this.#waiting = this.#waiting.filter((transaction) => transaction.getId() !== txid);
  }

  /** One block with all that waits. `easy` leaves the work out. */
  mine(options: { readonly withoutWork?: boolean } = {}): void {
    const coinbase = new Transaction();
    this.#count += 1;
    coinbase.addInput(
      new Uint8Array(32),
      0xffffffff,
      0xffffffff,
      new Uint8Array([1, 2, 3, this.#count % 256, this.#count >> 8]),
    );
    coinbase.addOutput(new Uint8Array([0x51]), 5_000_000_000n);
    const transactions = [coinbase, ...this.#waiting];
    const block = new Block();
    block.version = 4;
    block.prevHash = this.#blocks.at(-1)?.block.getHash() ?? new Uint8Array(32);
    block.merkleRoot = Block.calculateMerkleRoot(transactions);
    block.timestamp = Math.floor(this.#time() / 1000);
    block.bits = this.network.easiestBits;
    while (block.checkProofOfWork() === (options.withoutWork ?? false)) block.nonce += 1;
    this.#waiting = [];
    this.#append({ block, transactions });
  }

  /** Undoes the last `depth` blocks; their payments are gone, not waiting. */
  undo(depth: number): void {
    this.#blocks = this.#blocks.slice(0, -depth);
  }

  /** The same payments wait again, as a node does after a reorganisation. */
  undoToMempool(depth: number): void {
    const undone = this.#blocks.slice(-depth).flatMap(({ transactions }) => transactions.slice(1));
    this.undo(depth);
    this.#waiting.push(...undone);
  }

  readonly fetch: Fetch = async (url, init) => {
    const path = new URL(url).pathname;
    this.asked.push(path);
    if (this.silent?.test(path)) await aborted(init.signal);
    const truth = this.#answer(path);
    const told = this.lie(path, truth);
    if (typeof told === 'number') return new Response('', { status: told });
    const body = told ?? truth;
    return body === null ? new Response('Not found', { status: 404 }) : new Response(body);
  };

  #append(mined: MinedBlock): void {
    this.#blocks.push(mined);
    this.#headers.set(mined.block.getId(), mined.block.toHex(true));
  }

  #answer(path: string): string | null {
    const [, first = '', second = '', third = ''] = path.split('/');
    if (first === 'blocks') return String(this.#blocks.length - 1);
    if (first === 'block-height') return this.#blocks[Number(second)]?.block.getId() ?? null;
    if (first === 'block') return this.#headers.get(second) ?? null;
    if (first === 'address') return path.includes('/chain/') ? '[]' : JSON.stringify(this.#history(second));
    if (third === 'hex')
      return (
        this.#transactions()
          .find((tx) => tx.getId() === second)
          ?.toHex() ?? null
      );
    return third === 'merkle-proof' ? this.#proof(second) : null;
  }

  #transactions(): Transaction[] {
    return [...this.#waiting, ...this.#blocks.flatMap(({ transactions }) => transactions)];
  }

  #history(address: string): object[] {
    const script = hex(addresses.toOutputScript(address, this.network.prefixes));
    const paying = this.#transactions().filter((tx) => tx.outs.some((output) => hex(output.script) === script));
    return paying.map((tx) => ({
      txid: tx.getId(),
      vout: tx.outs.map((output) => ({ scriptpubkey: hex(output.script), value: Number(output.value) })),
      status: { confirmed: !this.#waiting.includes(tx) },
    }));
  }

  /** A proof for blocks of one or two transactions, which is all that scripts here mine with a payment. */
  #proof(txid: string): string | null {
    const height = this.#blocks.findIndex(({ transactions }) => transactions.some((tx) => tx.getId() === txid));
    const txids = this.#blocks[height]?.transactions.map((tx) => tx.getId());
    if (txids === undefined) return null;
    if (txids.length > 2) throw new Error('a scripted block proves at most one payment');
    const pos = txids.indexOf(txid);
    return JSON.stringify({ block_height: height, merkle: txids.filter((other) => other !== txid), pos });
  }
}

function aborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
