import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { satoshi } from '#shared/units.ts';
import type { ChainLook, ChainOutput, ChainSource, ChainTip, WatchedScript } from './chain-source.ts';
import { EsploraServer, type EsploraServerOptions, type ListedTransaction } from './esplora-server.ts';
import { HeaderChain, type ProvenHeader } from './header-chain.ts';
import { unknown } from './limited-fetch.ts';
import { merkleRoot } from './merkle.ts';
import type { BitcoinNetwork } from './network.ts';

export interface EsploraOptions extends EsploraServerOptions {
  readonly network: BitcoinNetwork;
}

/**
 * A chain source over an Esplora server that is believed only what it proves: amounts come from the raw transaction whose hash is
 * its id, blocks from a merkle proof to a header with its work. A lying server can hide a payment; it can pretend only an
 * unconfirmed one.
 */
export function esplora(options: EsploraOptions): ChainSource {
  return new EsploraSource(options);
}

class EsploraSource implements ChainSource {
  readonly #server: EsploraServer;
  readonly #network: BitcoinNetwork;
  readonly #headers: HeaderChain;
  #rightNetwork = false;

  constructor(options: EsploraOptions) {
    const server = new EsploraServer(options);
    this.#server = server;
    this.#network = options.network;
    this.#headers = new HeaderChain(options.network, (block) => server.header(block));
  }

  genesisHash(): Promise<string> {
    return this.#server.blockHash(0);
  }

  async tip(): Promise<ChainTip> {
    await this.#requireNetwork();
    const height = await this.#server.tipHeight();
    const tip = { height, hash: await this.#server.blockHash(height) };
    await this.#headers.follow(tip);
    return tip;
  }

  async look({ address, script }: WatchedScript): Promise<ChainLook> {
    await this.#requireNetwork();
    const listed = await this.#server.history(address);
    const tip = await this.tip();
    const outputs: ChainOutput[] = [];
    for (const transaction of listed) outputs.push(...(await this.#outputsOf(transaction, script, tip)));
    return { tip, outputs };
  }

  async broadcast(transactionHex: string): Promise<string> {
    await this.#requireNetwork();
    return this.#server.send(transactionHex);
  }

  async #requireNetwork(): Promise<void> {
    if (this.#rightNetwork) return;
    const genesis = await this.genesisHash();
    const { name } = this.#network;
    if (genesis !== this.#network.genesis) throw new Failure('payment/wrong-network', { network: name, genesis });
    this.#rightNetwork = true;
  }

  async #outputsOf(listed: ListedTransaction, script: string, tip: ChainTip): Promise<ChainOutput[]> {
    const { txid, status, vout } = listed;
    if (!vout.some((output) => output.scriptpubkey === script)) return [];
    const { outs } = await this.#server.transaction(txid);
    const header = status.confirmed ? await this.#blockOf(txid) : null;
    const confirmations = header === null ? 0 : tip.height - header.height + 1;
    if (header !== null && confirmations < 1) throw unknown('a block beyond the tip');
    const seen = { txid, confirmations, blockTime: header?.time ?? null };
    return outs.flatMap((output, index) =>
      hex(output.script) === script ? [{ ...seen, vout: index, value: satoshi(output.value) }] : [],
    );
  }

  async #blockOf(txid: string): Promise<ProvenHeader> {
    const proof = await this.#server.proof(txid);
    const header = await this.#headers.at(proof.block_height);
    const root = merkleRoot(txid, proof);
    if (root === null || !sameBytes(root, header.merkleRoot)) throw unknown('merkle proof does not hold');
    return header;
  }
}
