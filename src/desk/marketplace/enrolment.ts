import forge from 'node-forge';
import type { Clock } from '#shared/clock.ts';
import { fromHex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { estNonce, tokenAnswer } from '#wire/marketplace-api.ts';
import { sha256 } from '#wire/signed-message.ts';
import type { CellClient } from '../cell/cell-client.ts';
import type { HttpsClient, TlsCredential } from './https-client.ts';
import { requireOk } from './problem.ts';
import { readJson } from './read-json.ts';

/** Both halves of a key, PEM: SubjectPublicKeyInfo and PKCS#8. */
export interface TlsKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

export interface EnrolmentPorts {
  readonly https: HttpsClient;
  readonly cell: Pick<CellClient, 'ask'>;
  readonly clock: Clock;
  /** A fresh RSA key for each certificate. */
  readonly makeKey: () => Promise<TlsKey>;
}

export interface Bearer {
  readonly token: string;
  /** Monotonic ms until which it is used. */
  readonly until: number;
}

export interface Certified {
  readonly credential: TlsCredential;
  /** Monotonic ms: two thirds of its life, and its end. */
  readonly renewAt: number;
  readonly endsAt: number;
}

/** However wrong the clock is, a certificate is not asked for more often than this. */
const shortestLifeMs = 60_000;

/** An access token for a private_key_jwt that the cell signs (RFC 7523). */
export async function fetchToken(
  { https, cell, clock }: Omit<EnrolmentPorts, 'makeKey'>,
  scope: 'est' | 'machine',
): Promise<Bearer> {
  const { jwt } = await cell.ask('client_assertion', {});
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: jwt,
    scope,
  });
  const answer = await https.request({
    method: 'POST',
    path: '/oauth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  const { access_token: token, expires_in: seconds } = readJson(tokenAnswer, requireOk(answer));
  return { token, until: clock.monotonic() + Math.max(1, seconds - 30) * 1000 };
}

/**
 * EST simpleenroll (RFC 7030 §4.2): PKCS#10 made and signed here, TLS_GRANT made by the cell.
 * @throws Failure `message/malformed` and what asking throws
 */
export async function enrol(ports: EnrolmentPorts): Promise<Certified> {
  const { https, cell, makeKey } = ports;
  const { token } = await fetchToken(ports, 'est');
  const authorization = `Bearer ${token}`;
  const nonceAnswer = await https.request({ method: 'GET', path: '/v1/est/nonce', headers: { authorization } });
  const { nonce } = readJson(estNonce, requireOk(nonceAnswer));
  const { machine } = await cell.ask('status', {});
  const { key, csr, spki } = signingRequest(machine, await makeKey());
  const { grant } = await cell.ask('tls_grant', { spki: sha256(spki), nonce: fromHex(nonce) });
  const answer = await https.request({
    method: 'POST',
    path: '/.well-known/est/simpleenroll',
    headers: {
      authorization,
      'content-type': 'application/pkcs10',
      'decant-tls-grant': Buffer.from(grant).toString('base64url'),
    },
    body: csr,
  });
  return certified(key, readPkcs7(requireOk(answer)), ports.clock);
}

function certified(key: string, chain: readonly forge.pki.Certificate[], clock: Clock): Certified {
  const leaf = chain[0];
  if (leaf === undefined) throw new Failure('message/malformed', { reason: 'no certificate in the answer' });
  const from = leaf.validity.notBefore.getTime();
  const to = leaf.validity.notAfter.getTime();
  const now = clock.monotonic();
  const left = Math.max(shortestLifeMs, to - clock.now());
  return {
    credential: { key, cert: chain.map((one) => forge.pki.certificateToPem(one)).join('') },
    renewAt: now + Math.max(shortestLifeMs, left - Math.floor((to - from) / 3)),
    endsAt: now + left,
  };
}

function signingRequest(machine: string, pair: TlsKey): { key: string; csr: string; spki: Uint8Array } {
  const request = forge.pki.createCertificationRequest();
  request.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  request.setSubject([{ name: 'commonName', value: machine }]);
  request.sign(forge.pki.privateKeyFromPem(pair.privateKey), forge.md.sha256.create());
  const der = forge.asn1.toDer(forge.pki.certificationRequestToAsn1(request)).getBytes();
  const spki = Buffer.from(pair.publicKey.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return { key: pair.privateKey, csr: Buffer.from(der, 'latin1').toString('base64'), spki: new Uint8Array(spki) };
}

/** Certificates of a PKCS#7 certs-only message (RFC 7030 §4.2.3), base64. */
function readPkcs7(body: Uint8Array): forge.pki.Certificate[] {
  try {
    const der = Buffer.from(Buffer.from(body).toString('latin1'), 'base64').toString('latin1');
    const message = forge.pkcs7.messageFromAsn1(forge.asn1.fromDer(der));
    return 'certificates' in message ? (message.certificates as forge.pki.Certificate[]) : [];
  } catch (error) {
    throw new Failure('message/malformed', { reason: 'not PKCS#7' }, error);
  }
}
