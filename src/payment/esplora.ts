import { Transaction } from 'bitcoinjs-lib';
import { z } from 'zod';
import type { Clock } from '#shared/clock.ts';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { instant, satoshi } from '#shared/units.ts';
import type { ChainLook, ChainOutput, ChainSource, ChainTip, WatchedScript } from './chain-source.ts';
import { type Fetch, type FetchLimits, limitedFetch, unknown, usualLimits } from './limited-fetch.ts';
import type { BitcoinNetwork } from './network.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const height = z.int().min(0).max(0x7fffffff);

// a foreign server's answers: fields that are not used may come and go, used ones are checked
const listedTransaction = z.object({
  txid: hash,
  vout: z.array(z.object({ scriptpubkey: z.string().regex(/^(?:[0-9a-f]{2})*$/) })),
  status: z.discriminatedUnion('confirmed', [
    z.object({ confirmed: z.literal(false) }),
    z.object({ confirmed: z.literal(true), block_height: height, block_hash: hash, block_time: z.int().positive() }),
  ]),
});
const listedTransactions = z.array(listedTransaction).max(1000);
type ListedTransaction = z.infer<typeof listedTransaction>;

/** How many pages of an address's confirmed history are read at most; a longer one is "unknown". */
const mostPages = 20;

export interface EsploraOptions {
  /** Address of the REST interface without a slash at the end, such as `https://mempool.space/signet/api`. */
  readonly base: string;
  readonly network: BitcoinNetwork;
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly limits?: FetchLimits;
}

/**
 * A chain source over the Esplora REST interface (github.com/Blockstream/esplora, API.md). Amounts are read from the raw
 * transaction whose hash is its id, never from the server's listing.
 */
export function esplora(options: EsploraOptions): ChainSource {
  const { base, network, fetch, clock, limits = usualLimits } = options;
  let rightNetwork = false;

  const get = async <T>(path: string, schema: z.ZodType<T>, json: boolean): Promise<T> => {
    const { status, text } = await limitedFetch(fetch, clock, limits, `${base}${path}`);
    if (status !== 200) throw unknown(`status ${status}`);
    const parsed = schema.safeParse(json ? parseJson(text) : text.trim());
    if (!parsed.success) throw unknown('malformed answer', parsed.error);
    return parsed.data;
  };
  const getText = <T>(path: string, schema: z.ZodType<T>): Promise<T> => get(path, schema, false);

  const genesisHash = (): Promise<string> => getText('/block-height/0', hash);
  const requireNetwork = async (): Promise<void> => {
    if (rightNetwork) return;
    const genesis = await genesisHash();
    if (genesis !== network.genesis) throw new Failure('payment/wrong-network', { network: network.name, genesis });
    rightNetwork = true;
  };
  const tip = async (): Promise<ChainTip> => {
    await requireNetwork();
    const tipHeight = Number(await getText('/blocks/tip/height', z.string().regex(/^\d{1,9}$/)));
    return { height: tipHeight, hash: await getText(`/block-height/${tipHeight}`, hash) };
  };
  const history = async (address: string): Promise<ListedTransaction[]> => {
    const all = await get(`/address/${address}/txs`, listedTransactions, true);
    let page = all.filter((tx) => tx.status.confirmed);
    for (let pages = 1; page.length >= 25; pages += 1) {
      if (pages === mostPages) throw unknown('history too long');
      page = await get(`/address/${address}/txs/chain/${page.at(-1)?.txid}`, listedTransactions, true);
      all.push(...page);
    }
    return all;
  };
  const outputsOf = async (listed: ListedTransaction, script: string, top: ChainTip): Promise<ChainOutput[]> => {
    if (!listed.vout.some((output) => output.scriptpubkey === script)) return [];
    const raw = readTransaction(await getText(`/tx/${listed.txid}/hex`, z.string().max(8_000_000)), listed.txid);
    const block = listed.status.confirmed
      ? {
          confirmations: Math.max(1, top.height - listed.status.block_height + 1),
          blockTime: seconds(listed.status.block_time),
        }
      : { confirmations: 0, blockTime: null };
    return raw.outs.flatMap((output, vout) =>
      hex(output.script) === script ? [{ txid: listed.txid, vout, value: satoshi(output.value), ...block }] : [],
    );
  };

  return {
    genesisHash,
    tip,
    async look({ address, script }: WatchedScript): Promise<ChainLook> {
      await requireNetwork();
      const listed = await history(address);
      const top = await tip();
      const outputs: ChainOutput[] = [];
      for (const tx of listed) outputs.push(...(await outputsOf(tx, script, top)));
      return { tip: top, outputs };
    },
    async broadcast(transactionHex: string): Promise<string> {
      await requireNetwork();
      const sent = { method: 'POST', body: transactionHex, headers: { 'content-type': 'text/plain' } };
      const { status, text } = await limitedFetch(fetch, clock, limits, `${base}/tx`, sent);
      if (status >= 500) throw unknown(`status ${status}`);
      if (status !== 200) throw new Failure('payment/refused', { reason: text.slice(0, 200) });
      const txid = hash.safeParse(text.trim());
      if (!txid.success) throw unknown('malformed answer');
      return txid.data;
    },
  };
}

const seconds = (unixTime: number): ReturnType<typeof instant> => instant(unixTime * 1000);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unknown('malformed answer', error);
  }
}

function readTransaction(text: string, txid: string): Transaction {
  let transaction: Transaction;
  try {
    transaction = Transaction.fromHex(text);
  } catch (error) {
    throw unknown('malformed transaction', error);
  }
  if (transaction.getId() !== txid) throw unknown('transaction does not match its id');
  return transaction;
}
