import { Block } from 'bitcoinjs-lib';
import { hex } from '#shared/entropy.ts';
import { type Instant, instant } from '#shared/units.ts';
import type { ChainTip } from './chain-source.ts';
import { unknown } from './limited-fetch.ts';
import type { BitcoinNetwork } from './network.ts';

/** A header whose proof of work was checked and that is linked to all others here by hashes. */
export interface ProvenHeader {
  readonly height: number;
  readonly hash: string;
  readonly previous: string;
  /** Merkle root in the order of the wire. */
  readonly merkleRoot: Uint8Array;
  readonly time: Instant;
  readonly bits: number;
  /** Work done up to this header, counted from the anchor. */
  readonly work: bigint;
}

/** How far the chain is followed backwards in one go: two weeks of blocks. */
const furthest = 2016;

/**
 * The headers around the tip, checked by proof of work and hash links. The first tip a server names is the anchor (trust on first
 * use); from there on a server can hide blocks, but inventing them costs the work of real ones, and going back to a chain with
 * less work is refused.
 */
export class HeaderChain {
  readonly #network: BitcoinNetwork;
  readonly #fetch: (hash: string) => Promise<string>;
  readonly #known = new Map<number, ProvenHeader>();
  #lowest: ProvenHeader | null = null;
  #tip: ProvenHeader | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  /** `fetch` answers the header of a block hash: 80 bytes in hexadecimal. */
  constructor(network: BitcoinNetwork, fetch: (hash: string) => Promise<string>) {
    this.#network = network;
    this.#fetch = fetch;
  }

  /**
   * Makes `tip` the chain's end. @throws Failure `payment/unknown` when a header does not hold, does not connect, or
   * the chain behind it has less work than the one known.
   */
  follow(tip: ChainTip): Promise<void> {
    return this.#inTurn(() => this.#follow(tip));
  }

  /** The proven header at `height`; fetches backwards from the lowest known. @throws Failure `payment/unknown`. */
  at(height: number): Promise<ProvenHeader> {
    return this.#inTurn(() => this.#at(height));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #follow(tip: ChainTip): Promise<void> {
    const { fork, branch } = await this.#branchTo(tip);
    const checked: ProvenHeader[] = [];
    let parent = fork;
    for (const { block, height } of branch) {
      parent = this.#check(block, height, parent);
      checked.push(parent);
    }
    if (parent === null) return;
    if (this.#tip !== null && parent.work < this.#tip.work) throw unknown('a chain with less work');
    this.#adopt(parent, checked);
  }

  async #at(height: number): Promise<ProvenHeader> {
    let lowest = this.#lowest;
    if (lowest === null || lowest.height - height > furthest) throw unknown('block too old to prove');
    while (lowest.height > height) {
      const block = await this.#header(lowest.previous);
      const work: bigint = lowest.work - workOf(lowest.bits);
      lowest = { ...fields(block), hash: lowest.previous, height: lowest.height - 1, work };
      this.#known.set(lowest.height, lowest);
      this.#lowest = lowest;
    }
    const header = this.#known.get(height);
    if (header === undefined) throw unknown('no block of that height');
    return header;
  }

  async #branchTo(tip: ChainTip): Promise<{ fork: ProvenHeader | null; branch: Link[] }> {
    const branch: Link[] = [];
    const most = furthest + Math.max(0, tip.height - (this.#tip?.height ?? tip.height));
    let { hash, height } = tip;
    for (;;) {
      // a fork below the lowest known header: follow our own chain down to it
      if (this.#lowest !== null && height >= 0 && height < this.#lowest.height) await this.#at(height);
      const fork = this.#known.get(height);
      if (fork?.hash === hash) return { fork, branch: branch.reverse() };
      if (branch.length > most || height < 0) throw unknown('a chain that does not connect');
      const block = await this.#header(hash);
      branch.push({ block, height });
      if (this.#tip === null) return { fork: null, branch };
      hash = fields(block).previous;
      height -= 1;
    }
  }

  #check(block: Block, height: number, parent: ProvenHeader | null): ProvenHeader {
    const { easiestBits, easyBlocks } = this.#network;
    const target = targetOf(block.bits);
    if (!block.checkProofOfWork() || target > targetOf(easiestBits)) throw unknown('a header without its work');
    if (parent !== null && !easyBlocks && block.bits !== parent.bits) {
      // the difficulty moves each 2016 blocks, at most fourfold
      if (height % 2016 !== 0 || target > targetOf(parent.bits) * 4n) throw unknown('a header that is too easy');
    }
    return { ...fields(block), hash: block.getId(), height, work: (parent?.work ?? 0n) + workOf(block.bits) };
  }

  #adopt(tip: ProvenHeader, branch: readonly ProvenHeader[]): void {
    for (let height = tip.height + 1; this.#known.has(height); height += 1) this.#known.delete(height);
    for (const header of branch) this.#known.set(header.height, header);
    this.#lowest ??= tip;
    this.#tip = tip;
    for (let lowest = this.#lowest; tip.height - lowest.height > 2 * furthest; lowest = this.#lowest) {
      const above = this.#known.get(lowest.height + 1);
      if (above === undefined) return;
      this.#known.delete(lowest.height);
      this.#lowest = above;
    }
  }

  async #header(hash: string): Promise<Block> {
    const text = await this.#fetch(hash);
    const block = Block.fromHex(text);
    if (block.getId() !== hash) throw unknown('header does not match its hash');
    return block;
  }
}

interface Link {
  readonly block: Block;
  readonly height: number;
}

function fields(block: Block): Omit<ProvenHeader, 'hash' | 'height' | 'work'> {
  if (block.prevHash === undefined || block.merkleRoot === undefined) throw unknown('malformed header');
  const previous = hex(block.prevHash.slice().reverse());
  return { previous, merkleRoot: block.merkleRoot, time: instant(block.timestamp * 1000), bits: block.bits };
}

/** The number that a header's hash must not exceed; 0 for the forms that no network allows. */
function targetOf(bits: number): bigint {
  const mantissa = BigInt(bits & 0x7fffff);
  const exponent = bits >>> 24;
  if ((bits & 0x800000) !== 0 || exponent > 32) return 0n;
  return exponent <= 3 ? mantissa >> BigInt(8 * (3 - exponent)) : mantissa << BigInt(8 * (exponent - 3));
}

const workOf = (bits: number): bigint => (1n << 256n) / (targetOf(bits) + 1n);
