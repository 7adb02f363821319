import { fastify } from 'fastify';
import { z } from 'zod';
import { readPaymentUri } from '#payment/uri.ts';
import { type Entropy, hex } from '#shared/entropy.ts';
import { isFailure } from '#shared/failure.ts';
import type { DemoWallet } from './demo-wallet.ts';
import { listenOnLoopback } from './loopback-server.ts';
import { walletPage } from './wallet-page.ts';

export interface WalletServer extends AsyncDisposable {
  /** The page's address without a slash at the end; `?uri=` takes a `bitcoin:` URI. */
  readonly url: string;
}

const shown = z.object({ uri: z.string().max(1200).optional() });
const paid = z.strictObject({ uri: z.string().max(1200) });

/**
 * Serves the wallet to people (`GET /?uri=…`) and programs (`POST /pay` with `{"uri"}` answers `{"txid"}`, or status
 * 409 with `{"code"}`) on the loopback interface. @throws Failure `config/port-taken`.
 */
export async function startWalletServer(
  wallet: DemoWallet,
  entropy: Entropy,
  listen: { readonly port: number; readonly option: string },
): Promise<WalletServer> {
  const server = fastify({ forceCloseConnections: true });
  server.get('/', (request, reply) => {
    const query = shown.safeParse(request.query);
    const uri = query.data?.uri ?? '';
    const nonce = hex(entropy.bytes(16));
    const page = { uri, request: readPaymentUri(uri), languages: request.headers['accept-language'] ?? '', nonce };
    const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'`;
    return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(walletPage(page));
  });
  server.post('/pay', async (request, reply) => {
    const body = paid.safeParse(request.body);
    if (!body.success) return reply.code(400).send({ code: 'message/malformed' });
    try {
      const { txid } = await wallet.payUri(body.data.uri);
      return { txid };
    } catch (error) {
      if (!isFailure(error)) throw error;
      return reply.code(409).send({ code: error.code });
    }
  });
  const url = await listenOnLoopback(server, listen.port, listen.option);
  return { url, [Symbol.asyncDispose]: () => server.close() };
}
