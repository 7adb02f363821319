import { readFile } from 'node:fs/promises';
import { readCertificateBag } from '#hsm/certificate-bag.ts';
import type { Exchange } from '#cell/provisioning/run.ts';
import { nodeHttpsClient } from '#desk/node-https-client.ts';
import { requireOk } from '#desk/marketplace/problem.ts';
import { Failure } from '#shared/failure.ts';
import { readInput } from '../console/files.ts';
import { required } from '../console/options.ts';
import type { ProvisionValues } from './options.ts';

/**
 * The certificate by EST (RFC 7030 §4.2, under the label `ldevid`), everything else by `files`. The server is believed by the
 * CA in `--ca`; the owner's voucher says that this machine may have a certificate. `request` is the PKCS#10 that was made.
 */
export async function estExchange(
  files: Exchange,
  values: ProvisionValues,
  request: () => Promise<Uint8Array | null>,
): Promise<Exchange> {
  const url = required(values.est, '--est');
  const ca = await readPem(required(values.ca, '--ca'));
  const voucher = await readInput(required(values.voucher, '--voucher'));
  return {
    send: (what, bytes) => files.send(what, bytes),
    async receive(what) {
      const there = await files.receive(what);
      if (there !== null || what !== 'certificate') return there;
      const asked = await request();
      return asked === null ? null : enrolled(url, ca, voucher, asked);
    },
    erase: (what) => files.erase(what),
  };
}

async function enrolled(url: string, ca: string, voucher: Uint8Array, request: Uint8Array): Promise<Uint8Array> {
  const https = nodeHttpsClient(url, ca);
  try {
    const body = requireOk(
      await https.request({
        method: 'POST',
        path: '/.well-known/est/ldevid/simpleenroll',
        headers: {
          'content-type': 'application/pkcs10',
          'decant-voucher': Buffer.from(voucher).toString('base64url'),
        },
        body: Buffer.from(request).toString('base64'),
      }),
    );
    const [certificate] = readCertificateBag(Buffer.from(Buffer.from(body).toString('latin1'), 'base64'));
    if (certificate === undefined) throw new Failure('message/malformed', { reason: 'no certificate in the answer' });
    return certificate;
  } finally {
    https.close();
  }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new Failure('file/unreadable', { path: file, reason }, error);
  }
}
