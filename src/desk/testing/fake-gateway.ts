import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';
import { Failure } from '#shared/failure.ts';
import type { Clock } from '#shared/clock.ts';
import type { TlsKey } from '../marketplace/enrolment.ts';
import type { HttpsAnswer, HttpsClient, HttpsRequest, TlsCredential } from '../marketplace/https-client.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
/** One key for every certificate of a test: making them takes long. */
export const testKey: TlsKey = { publicKey, privateKey };

const json = (value: unknown, status = 200): HttpsAnswer => ({
  status,
  body: new TextEncoder().encode(JSON.stringify(value)),
});

/** The gateway as a session sees it: tokens, EST, and one route that wants a token. */
export class FakeGateway implements HttpsClient {
  readonly asked: string[] = [];
  readonly presented: TlsCredential[] = [];
  certificateHours = 24;
  tokenSeconds = 3600;
  tokens = 0;
  certificates = 0;
  /** Tokens that are accepted; null for all. */
  good: (token: string) => boolean = () => true;
  /** Answers a path in another way. */
  instead: (path: string) => HttpsAnswer | Error | null = () => null;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async request(request: HttpsRequest): Promise<HttpsAnswer> {
    this.asked.push(`${request.path} ${this.#scopeOf(request)}`.trim());
    const instead = this.instead(request.path);
    await Promise.resolve();
    if (instead instanceof Error) throw instead;
    return instead ?? this.#answer(request);
  }

  present(credential: TlsCredential): void {
    this.presented.push(credential);
  }

  close(): void {}

  #scopeOf({ path, body }: HttpsRequest): string {
    return path === '/oauth/token' ? (new URLSearchParams(String(body)).get('scope') ?? '') : '';
  }

  #answer(request: HttpsRequest): HttpsAnswer {
    switch (request.path) {
      case '/oauth/token':
        this.tokens += 1;
        return json({
          access_token: `token-${this.tokens}`,
          token_type: 'Bearer',
          expires_in: this.tokenSeconds,
          scope: this.#scopeOf(request),
        });
      case '/v1/est/nonce':
        return json({ nonce: '00'.repeat(16) });
      case '/.well-known/est/simpleenroll':
        return { status: 200, body: this.#enrol(String(request.body)) };
      default: {
        const token = request.headers?.['authorization']?.replace('Bearer ', '') ?? '';
        return this.good(token) ? json({ token }) : json({}, 401);
      }
    }
  }

  #enrol(csr: string): Uint8Array {
    const request = forge.pki.certificationRequestFromAsn1(forge.asn1.fromDer(forge.util.decode64(csr)));
    if (!request.verify()) throw new Failure('message/not-authentic');
    this.certificates += 1;
    const certificate = forge.pki.createCertificate();
    certificate.publicKey = request.publicKey ?? forge.pki.publicKeyFromPem(testKey.publicKey);
    certificate.serialNumber = `0${this.certificates}`;
    const now = this.#clock.now();
    certificate.validity.notBefore = new Date(now);
    certificate.validity.notAfter = new Date(now + this.certificateHours * 3_600_000);
    certificate.setSubject(request.subject.attributes);
    certificate.setIssuer(request.subject.attributes);
    certificate.sign(forge.pki.privateKeyFromPem(testKey.privateKey), forge.md.sha256.create());
    const message = forge.pkcs7.createSignedData();
    message.addCertificate(certificate);
    const der = forge.asn1.toDer(message.toAsn1()).getBytes();
    return new TextEncoder().encode(forge.util.encode64(der));
  }
}
