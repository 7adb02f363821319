import { Transaction } from 'bitcoinjs-lib';
import { z } from 'zod';
import type { Clock } from '#shared/clock.ts';
import { Failure } from '#shared/failure.ts';
import { type Fetch, type FetchLimits, limitedFetch, unknown, usualLimits } from './limited-fetch.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const number = z.string().regex(/^\d{1,9}$/);
const headerBytes = z.string().regex(/^[0-9a-f]{160}$/);
const transactionBytes = z
  .string()
  .max(8_000_000)
  .regex(/^[0-9a-f]+$/);

// a foreign server's answers: fields that are not used may come and go, used ones are checked
const listedTransaction = z.object({
  txid: hash,
  vout: z.array(z.object({ scriptpubkey: z.string().regex(/^(?:[0-9a-f]{2})*$/) })),
  status: z.object({ confirmed: z.boolean() }),
});
const listedTransactions = z.array(listedTransaction).max(1000);
const merkleProof = z.object({
  block_height: z.int().min(0).max(0x7fffffff),
  merkle: z.array(hash).max(30),
  pos: z.int().nonnegative(),
});

export type ListedTransaction = z.infer<typeof listedTransaction>;
export type ListedProof = z.infer<typeof merkleProof>;

/** How many pages of an address's confirmed history are read at most; a longer one is "unknown". */
const mostPages = 20;
const pageSize = 25;

export interface EsploraServerOptions {
  /** Address of the REST interface without a slash at the end, such as `https://mempool.space/signet/api`. */
  readonly base: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly limits?: FetchLimits;
}

/**
 * The routes of an Esplora server (github.com/Blockstream/esplora, API.md), answers checked for their form and nothing
 * else. Each rejects with `payment/unknown` when there is no good answer within the limits.
 */
export class EsploraServer {
  readonly #options: EsploraServerOptions;

  constructor(options: EsploraServerOptions) {
    this.#options = options;
  }

  blockHash(height: number): Promise<string> {
    return this.#text(`/block-height/${height}`, hash);
  }

  async tipHeight(): Promise<number> {
    return Number(await this.#text('/blocks/tip/height', number));
  }

  /** 80 bytes, hexadecimal. */
  header(block: string): Promise<string> {
    return this.#text(`/block/${block}/header`, headerBytes);
  }

  proof(txid: string): Promise<ListedProof> {
    return this.#json(`/tx/${txid}/merkle-proof`, merkleProof);
  }

  /** Every transaction of an address, waiting ones first. */
  async history(address: string): Promise<ListedTransaction[]> {
    const all = await this.#json(`/address/${address}/txs`, listedTransactions);
    let page = all.filter((transaction) => transaction.status.confirmed);
    for (let pages = 1; page.length >= pageSize; pages += 1) {
      if (pages === mostPages) throw unknown('history too long');
      page = await this.#json(`/address/${address}/txs/chain/${page.at(-1)?.txid}`, listedTransactions);
      all.push(...page);
    }
    return all;
  }

  /** The transaction whose hash is `txid`, whatever the server says. */
  async transaction(txid: string): Promise<Transaction> {
    const text = await this.#text(`/tx/${txid}/hex`, transactionBytes);
    let transaction: Transaction;
    try {
      transaction = Transaction.fromHex(text);
    } catch (error) {
      throw unknown('malformed transaction', error);
    }
    if (transaction.getId() !== txid) throw unknown('transaction does not match its id');
    // 64 bytes could also be an inner node of a merkle tree (CVE-2017-12842)
    if (transaction.byteLength(false) === 64) throw unknown('transaction of 64 bytes');
    return transaction;
  }

  /** @throws Failure `payment/refused` with the node's reason. */
  async send(transactionHex: string): Promise<string> {
    const init = { method: 'POST', body: transactionHex, headers: { 'content-type': 'text/plain' } };
    const { status, text } = await this.#exchange('/tx', init);
    if (status >= 500) throw unknown(`status ${status}`);
    if (status !== 200) throw new Failure('payment/refused', { reason: text.slice(0, 200) });
    return checked(hash, text.trim());
  }

  async #text<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return checked(schema, (await this.#get(path)).trim());
  }

  async #json<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const text = await this.#get(path);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw unknown('malformed answer', error);
    }
    return checked(schema, value);
  }

  async #get(path: string): Promise<string> {
    const { status, text } = await this.#exchange(path, {});
    if (status !== 200) throw unknown(`status ${status}`);
    return text;
  }

  #exchange(path: string, init: RequestInit): ReturnType<typeof limitedFetch> {
    const { base, fetch, clock, limits = usualLimits } = this.#options;
    return limitedFetch(fetch, clock, limits, `${base}${path}`, init);
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw unknown('malformed answer', parsed.error);
  return parsed.data;
}
