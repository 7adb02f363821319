import { address as addresses, crypto, Transaction } from 'bitcoinjs-lib';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import type { BitcoinNetwork } from '#payment/network.ts';
import { fromHex, hex } from '#shared/entropy.ts';
import { isFailure } from '#shared/failure.ts';
import { listenOnLoopback } from './loopback-server.ts';
import type { ChainTransaction, RegtestNode } from './regtest-node.ts';

export interface EsploraFacade extends AsyncDisposable {
  /** Address of the REST interface without a slash at the end. */
  readonly base: string;
}

/**
 * Serves the part of Esplora's REST interface that Decant uses, from a node in this process (loopback only).
 * @throws Failure `config/port-taken`.
 */
export async function startEsploraFacade(
  node: RegtestNode,
  network: BitcoinNetwork,
  listen: { readonly port: number; readonly option: string },
): Promise<EsploraFacade> {
  const server = fastify({ forceCloseConnections: true });
  serveChain(server, node);
  serveTransactions(server, node);
  serveAddresses(server, node, network);
  const base = await listenOnLoopback(server, listen.port, listen.option);
  return { base, [Symbol.asyncDispose]: () => server.close() };
}

interface AtHash {
  Params: { hash: string };
}

interface AtAddress {
  Params: { address: string; last: string };
}

function serveChain(server: FastifyInstance, node: RegtestNode): void {
  server.get('/blocks/tip/height', (_, reply) => text(reply, String(node.tip().height)));
  server.get('/blocks/tip/hash', (_, reply) => text(reply, node.tip().hash));
  server.get('/fee-estimates', () => ({ 1: 2, 3: 2, 6: 2, 144: 1 }));
  server.get<{ Params: { height: string } }>('/block-height/:height', async (request, reply) =>
    text(reply, await node.blockHash(Number(request.params.height))),
  );
  server.get<AtHash>('/block/:hash/header', async (request, reply) =>
    text(reply, isHash(request.params.hash) ? ((await node.block(request.params.hash))?.header ?? null) : null),
  );
}

function serveTransactions(server: FastifyInstance, node: RegtestNode): void {
  const find = async (hash: string): Promise<ChainTransaction | null> => (isHash(hash) ? node.transaction(hash) : null);
  server.get<AtHash>('/tx/:hash/hex', async (request, reply) =>
    text(reply, (await find(request.params.hash))?.hex ?? null),
  );
  server.get<AtHash>('/tx/:hash/status', async (request, reply) => {
    const transaction = await find(request.params.hash);
    return transaction === null ? text(reply, null) : statusOf(transaction);
  });
  server.get<AtHash>('/tx/:hash/merkle-proof', async (request, reply) => {
    const block = (await find(request.params.hash))?.block ?? null;
    const txids = block === null ? null : (await node.block(block.hash))?.txids;
    if (block === null || !txids) return text(reply, null);
    const pos = txids.indexOf(request.params.hash);
    return { block_height: block.height, merkle: merkleBranch(txids, pos), pos };
  });
  server.addContentTypeParser('text/plain', { parseAs: 'string' }, (_, body, done) => done(null, body));
  server.post('/tx', async (request, reply) => {
    try {
      return await text(reply, await node.submit(String(request.body).trim()));
    } catch (error) {
      if (!isFailure(error, 'payment/refused')) throw error;
      return reply.code(400).type('text/plain').send(`sendrawtransaction RPC error: ${error.facts.reason}`);
    }
  });
}

function serveAddresses(server: FastifyInstance, node: RegtestNode, network: BitcoinNetwork): void {
  const pageSize = 25;
  server.get<AtAddress>('/address/:address/txs', async (request) => {
    const history = await node.history(request.params.address);
    const waiting = history.filter((transaction) => transaction.block === null).slice(0, 50);
    const mined = history.filter((transaction) => transaction.block !== null).slice(0, pageSize);
    return [...waiting, ...mined].map((transaction) => listed(transaction, network));
  });
  server.get<AtAddress>('/address/:address/txs/chain/:last', async (request) => {
    const history = await node.history(request.params.address);
    const mined = history.filter((transaction) => transaction.block !== null);
    const from = mined.findIndex((transaction) => transaction.txid === request.params.last) + 1;
    return mined.slice(from, from + pageSize).map((transaction) => listed(transaction, network));
  });
}

function listed(transaction: ChainTransaction, network: BitcoinNetwork): object {
  const { outs } = Transaction.fromHex(transaction.hex);
  return {
    txid: transaction.txid,
    status: statusOf(transaction),
    vout: outs.map((output) => ({
      scriptpubkey: hex(output.script),
      scriptpubkey_address: addressOf(output.script, network),
      value: Number(output.value),
    })),
  };
}

function statusOf({ block }: ChainTransaction): object {
  if (block === null) return { confirmed: false };
  return { confirmed: true, block_height: block.height, block_hash: block.hash, block_time: block.time };
}

function addressOf(script: Uint8Array, network: BitcoinNetwork): string | undefined {
  try {
    return addresses.fromOutputScript(script, network.prefixes);
  } catch {
    return undefined;
  }
}

/** The hashes beside the path from the transaction at `position` to the merkle root, lowest first. */
function merkleBranch(txids: readonly string[], position: number): string[] {
  const branch: string[] = [];
  let level = txids.map((txid) => fromHex(txid).reverse());
  for (let at = position; level.length > 1; at >>= 1) {
    const pairOf = (index: number): Uint8Array => level[index] ?? level.at(-1) ?? new Uint8Array(32);
    branch.push(
      hex(
        pairOf(at ^ 1)
          .slice()
          .reverse(),
      ),
    );
    const above: Uint8Array<ArrayBuffer>[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const pair = new Uint8Array(64);
      pair.set(pairOf(i));
      pair.set(pairOf(i + 1), 32);
      above.push(new Uint8Array(crypto.hash256(pair)));
    }
    level = above;
  }
  return branch;
}

const isHash = (value: string): boolean => /^[0-9a-f]{64}$/.test(value);

function text(reply: FastifyReply, body: string | null): FastifyReply {
  return body === null ? reply.code(404).type('text/plain').send('Not found') : reply.type('text/plain').send(body);
}
