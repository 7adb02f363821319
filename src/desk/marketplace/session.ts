import forge from 'node-forge';
import type { Clock } from '#shared/clock.ts';
import { fromHex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { estNonce, tokenAnswer } from '#wire/marketplace-api.ts';
import { sha256 } from '#wire/signed-message.ts';
import type { CellClient } from '../cell/cell-client.ts';
import type { HttpsAnswer, HttpsClient, HttpsRequest, TlsCredential } from './https-client.ts';
import { requireOk } from './problem.ts';

/**
 * Who desk is to the marketplace: a TLS key in memory under a certificate of at most a day (EST, RFC 7030, on a TLS_GRANT
 * of the cell), and an access token bound to that certificate (RFC 8705). Both are renewed in time.
 */
export interface MarketplaceSession {
  /** A request with the access token; one fresh token is tried after a 401. */
  request(request: HttpsRequest): Promise<HttpsAnswer>;
  /** The certificate that the broker accepts too. */
  credential(): Promise<TlsCredential>;
  /** Called when a new certificate was obtained. */
  onRenewed(listener: (credential: TlsCredential) => void): void;
}

export interface SessionPorts {
  readonly https: HttpsClient;
  readonly cell: Pick<CellClient, 'ask'>;
  readonly clock: Clock;
  readonly log: Log;
  /** A fresh RSA key for each certificate. */
  readonly makeKey: () => Promise<TlsKey>;
}

/** Both halves of a key, PEM: SubjectPublicKeyInfo and PKCS#8. */
export interface TlsKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

interface Bearer {
  readonly token: string;
  readonly until: number;
}

interface Certified {
  readonly credential: TlsCredential;
  /** Monotonic ms after which it is renewed: two thirds of its life. */
  readonly renewAt: number;
}

export function marketplaceSession(ports: SessionPorts): MarketplaceSession {
  const { https, clock, log } = ports;
  const listeners: ((credential: TlsCredential) => void)[] = [];
  let certified: Promise<Certified> | null = null;
  let bearer: Promise<Bearer> | null = null;

  const certificate = async (): Promise<TlsCredential> => {
    const now = clock.monotonic();
    const current = certified === null ? null : await certified.catch(() => null);
    if (current !== null && now < current.renewAt) return current.credential;
    certified = enrol(ports);
    bearer = null;
    try {
      const { credential } = await certified;
      https.present(credential);
      for (const listener of listeners) listener(credential);
      log.info('TLS certificate obtained');
      return credential;
    } catch (error) {
      certified = null;
      throw error;
    }
  };
  // several callers share one enrolment
  let enrolling: Promise<TlsCredential> | null = null;
  const credential = (): Promise<TlsCredential> => {
    enrolling ??= certificate().finally(() => {
      enrolling = null;
    });
    return enrolling;
  };
  const accessToken = async (fresh: boolean): Promise<string> => {
    await credential();
    const current = bearer === null || fresh ? null : await bearer.catch(() => null);
    if (current !== null && clock.monotonic() < current.until) return current.token;
    bearer = fetchToken(ports, 'machine');
    return (await bearer).token;
  };
  const send = async (request: HttpsRequest, fresh: boolean): Promise<HttpsAnswer> => {
    const token = await accessToken(fresh);
    return https.request({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
  };
  return {
    async request(request) {
      const answer = await send(request, false);
      return answer.status === 401 ? send(request, true) : answer;
    },
    credential,
    onRenewed: (listener) => listeners.push(listener),
  };
}

async function fetchToken({ https, cell, clock }: SessionPorts, scope: 'est' | 'machine'): Promise<Bearer> {
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
  const { access_token: token, expires_in: seconds } = tokenAnswer.parse(json(requireOk(answer)));
  return { token, until: clock.monotonic() + Math.max(1, seconds - 30) * 1000 };
}

/** EST simpleenroll: PKCS#10 made and signed here, TLS_GRANT made by the cell. */
async function enrol(ports: SessionPorts): Promise<Certified> {
  const { https, cell, clock, makeKey } = ports;
  const { token } = await fetchToken(ports, 'est');
  const authorization = `Bearer ${token}`;
  const nonceAnswer = await https.request({ method: 'GET', path: '/v1/est/nonce', headers: { authorization } });
  const { nonce } = estNonce.parse(json(requireOk(nonceAnswer)));
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
  const chain = readPkcs7(Buffer.from(requireOk(answer)).toString('latin1'));
  const leaf = chain[0];
  if (leaf === undefined) throw new Failure('message/malformed', { reason: 'no certificate in the answer' });
  const life = leaf.validity.notAfter.getTime() - leaf.validity.notBefore.getTime();
  const left = leaf.validity.notAfter.getTime() - clock.now() - Math.floor(life / 3);
  return {
    credential: { key, cert: chain.map((one) => forge.pki.certificateToPem(one)).join('') },
    renewAt: clock.monotonic() + Math.max(60_000, left),
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

function readPkcs7(base64: string): forge.pki.Certificate[] {
  const der = Buffer.from(base64, 'base64').toString('latin1');
  const message = forge.pkcs7.messageFromAsn1(forge.asn1.fromDer(der));
  return 'certificates' in message ? (message.certificates as forge.pki.Certificate[]) : [];
}

/** Public JSON of the marketplace. */
export function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    throw new Failure('message/malformed', { reason: 'not JSON' }, error);
  }
}
