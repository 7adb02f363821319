/** The part of bcoin 1.0.2 that the demo's chain uses; the package ships no types. */
declare module 'bcoin' {
  export type BcoinHash = string; // hexadecimal in the order of the wire, the reverse of what explorers print

  export interface BcoinTx {
    txid(): string;
    toRaw(): Uint8Array;
    isCoinbase(): boolean;
  }

  export interface BcoinMeta {
    readonly tx: BcoinTx;
    /** -1 in the mempool. */
    readonly height: number;
    readonly block: BcoinHash | null;
    readonly time: number;
  }

  export interface BcoinCoin {
    readonly hash: BcoinHash;
    readonly index: number;
    readonly value: number;
    readonly height: number;
    readonly coinbase: boolean;
  }

  export interface BcoinEntry {
    readonly height: number;
    readonly hash: BcoinHash;
    rhash(): string;
  }

  export interface BcoinBlock {
    readonly txs: readonly BcoinTx[];
    hash(encoding: 'hex'): BcoinHash;
    rhash(): string;
    toRaw(): Uint8Array;
  }

  export interface BcoinJob {
    readonly attempt: { items: unknown[]; fees: number };
    pushTX(tx: BcoinTx): boolean;
    refresh(): void;
    mineAsync(): Promise<BcoinBlock>;
  }

  export interface BcoinNode {
    http: { open(): Promise<void>; close(): Promise<void> };
    readonly chain: {
      readonly tip: BcoinEntry;
      readonly height: number;
      add(block: BcoinBlock): Promise<BcoinEntry | null>;
      getEntry(at: number | BcoinHash): Promise<BcoinEntry | null>;
    };
    readonly mempool: {
      /** Answers the hashes of missing parents, or nothing when the transaction was taken; rejects with a VerifyError. */
      addTX(tx: BcoinTx): Promise<readonly BcoinHash[] | null | undefined>;
    };
    readonly miner: {
      readonly cpu: {
        createJob(tip: BcoinEntry | null, address: string): Promise<BcoinJob>;
        mineBlock(tip: BcoinEntry | null, address: string): Promise<BcoinBlock>;
      };
    };
    open(): Promise<void>;
    close(): Promise<void>;
    getBlock(hash: BcoinHash): Promise<BcoinBlock | null>;
    getCoinsByAddress(address: string): Promise<readonly BcoinCoin[]>;
    getMetaByAddress(address: string): Promise<readonly BcoinMeta[]>;
    getMeta(hash: BcoinHash): Promise<BcoinMeta | null>;
  }

  const bcoin: {
    readonly FullNode: new (options: Readonly<Record<string, unknown>>) => BcoinNode;
    readonly TX: { fromRaw(text: string, encoding: 'hex'): BcoinTx };
  };
  export default bcoin;
}
