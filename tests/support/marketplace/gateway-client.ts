import { constants, createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { readCertificateBag } from '#hsm/certificate-bag.ts';
import { buildCertificateRequest } from '#hsm/certificate-request.ts';
import { pem } from '#marketplace/identity.ts';
import type { Clock } from '#shared/clock.ts';
import { fromHex, hex } from '#shared/entropy.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { spkiOf } from '#wire/certificate-chain.ts';
import { sealMessage } from '#wire/signed-message.ts';
import { type Person, signEs256, signRsa } from './people.ts';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
  json(): Record<string, unknown>;
}

export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
}

/** A TLS key with its certificate, PEM. */
export interface ClientTls {
  readonly cert: string;
  readonly key: string;
}

/** What such a client needs to know. */
export interface ClientWorld {
  readonly clock: Pick<Clock, 'now'>;
  readonly issuer: string;
  readonly identity: { readonly caPem: string };
}

/** What a desk does at the gateway, one request a connection. */
export class GatewayClient {
  readonly #origin: string;
  readonly #world: ClientWorld;
  readonly #person: Person;
  tls: ClientTls | null = null;
  token = '';

  constructor(origin: string, world: ClientWorld, person: Person) {
    this.#origin = origin;
    this.#world = world;
    this.#person = person;
  }

  async send({ method = 'GET', path, headers = {}, body }: Sent): Promise<Answer> {
    const agent = new Agent({ ca: this.#world.identity.caPem, minVersion: 'TLSv1.3', ...this.tls });
    const authorization: Record<string, string> = this.token === '' ? {} : { authorization: `Bearer ${this.token}` };
    const outgoing = request(new URL(path, this.#origin), { method, agent, headers: { ...authorization, ...headers } });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const bytes = Buffer.concat(await incoming.toArray());
    agent.destroy();
    return {
      status: incoming.statusCode ?? 0,
      type: incoming.headers['content-type'] ?? '',
      body: bytes,
      json: () => JSON.parse(bytes.toString()) as Record<string, unknown>,
    };
  }

  post(path: string, message: Uint8Array): Promise<Answer> {
    return this.send({ method: 'POST', path, headers: { 'content-type': 'application/cose' }, body: message });
  }

  postJson(path: string, body: unknown): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    return this.send({ method: 'POST', path, headers, body: JSON.stringify(body) });
  }

  /** A client assertion, RS256 unless another is wanted. */
  assertion(changes: Record<string, unknown> = {}, alg: 'RS256' | 'PS256' | 'none' = 'RS256'): string {
    const seconds = Math.floor(this.#world.clock.now() / 1000);
    const { name, privateKey } = this.#person;
    const claims = {
      iss: name,
      sub: name,
      aud: this.#world.issuer,
      jti: hex(systemEntropy.bytes(16)),
      iat: seconds,
      exp: seconds + 60,
      ...changes,
    };
    const text = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${text({ alg, typ: 'JWT' })}.${text(claims)}`;
    if (alg === 'none') return `${signed}.`;
    const padding = alg === 'RS256' ? constants.RSA_PKCS1_PADDING : constants.RSA_PKCS1_PSS_PADDING;
    return `${signed}.${Buffer.from(signRsa(privateKey, Buffer.from(signed), padding)).toString('base64url')}`;
  }

  askToken(scope: string, assertion = this.assertion(), more: Record<string, string> = {}): Promise<Answer> {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      scope,
      ...more,
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return this.send({ method: 'POST', path: '/oauth/token', headers, body: form.toString() });
  }

  /** Takes the token of an answer for all requests from now on. */
  async takeToken(scope: string): Promise<void> {
    this.token = String((await this.askToken(scope)).json()['access_token']);
  }

  /** A fresh TLS key, its PKCS#10 and the cell's grant for it. */
  async enrolment(changes: { nonce?: Uint8Array; expires?: number; spki?: Uint8Array; grantedBy?: Person } = {}) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = spkiOf(publicKey);
    const request = await buildCertificateRequest(
      { subject: { CN: 'whatever' }, spki },
      { algorithm: 'ES256', sign: (message) => signEs256(privateKey, message) },
    );
    const nonce = changes.nonce ?? fromHex(String((await this.send({ path: '/v1/est/nonce' })).json()['nonce']));
    const payload = {
      machine: this.#person.name,
      spki: changes.spki ?? new Uint8Array(createHash('sha256').update(spki).digest()),
      nonce,
      expires: changes.expires ?? this.#world.clock.now() + 60_000,
    };
    const grant = await sealMessage('TLS_GRANT', payload, (changes.grantedBy ?? this.#person).signer);
    return { request, grant, nonce, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }

  simpleEnroll({ request, grant }: { request: Uint8Array; grant: Uint8Array }): Promise<Answer> {
    return this.send({
      method: 'POST',
      path: '/.well-known/est/simpleenroll',
      headers: {
        'content-type': 'application/pkcs10',
        'decant-tls-grant': Buffer.from(grant).toString('base64url'),
      },
      body: Buffer.from(request).toString('base64'),
    });
  }

  /** The whole way in: est token, certificate, machine token bound to it. */
  async enter(): Promise<void> {
    await this.takeToken('est');
    const enrolment = await this.enrolment();
    const [certificate] = bag(await this.simpleEnroll(enrolment));
    if (certificate === undefined) throw new Error('no certificate');
    this.tls = { cert: pem(certificate), key: enrolment.key };
    await this.takeToken('machine');
  }
}

/** The certificates of an EST answer. */
export function bag(answer: Answer): Uint8Array[] {
  return readCertificateBag(new Uint8Array(Buffer.from(answer.body.toString(), 'base64')));
}
