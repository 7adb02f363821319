import type { Instant, Satoshi } from '#shared/units.ts';

/** An output that pays a watched script. */
export interface ChainOutput {
  /** Transaction id as explorers print it, 64 hexadecimal digits. */
  readonly txid: string;
  readonly vout: number;
  readonly value: Satoshi;
  /** 0 while it waits in the mempool. */
  readonly confirmations: number;
  /** Time in the header of its block; null while unconfirmed. */
  readonly blockTime: Instant | null;
}

export interface ChainTip {
  readonly height: number;
  readonly hash: string;
}

/** One complete look at an address. */
export interface ChainLook {
  readonly tip: ChainTip;
  /** Every output that ever paid the script and is in the chain or the mempool now; spent ones too. */
  readonly outputs: readonly ChainOutput[];
}

export interface WatchedScript {
  readonly address: string;
  readonly script: string;
}

/**
 * Where facts about the chain come from. Every method may be repeated, ends within the adapter's time limit, and rejects with
 * `payment/unknown` when nothing is known now (no answer, a malformed one, a proof that does not hold) or
 * `payment/wrong-network` when the server serves another chain.
 */
export interface ChainSource {
  genesisHash(): Promise<string>;
  tip(): Promise<ChainTip>;
  look(at: WatchedScript): Promise<ChainLook>;
  /**
   * Hands in a signed transaction and answers its id.
   * @throws Failure `payment/refused` with the node's reason.
   */
  broadcast(transactionHex: string): Promise<string>;
}
