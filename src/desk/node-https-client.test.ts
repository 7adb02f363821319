import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import forge from 'node-forge';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TlsKey } from './marketplace/enrolment.ts';
import type { HttpsClient } from './marketplace/https-client.ts';
import { nodeHttpsClient } from './node-https-client.ts';
import { testKey } from './testing/fake-gateway.ts';

const foreignKey: TlsKey = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** A certificate for 127.0.0.1, signed by itself. */
function certificateOf(name: string, key: TlsKey = testKey): string {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(key.publicKey);
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 60_000);
  certificate.validity.notAfter = new Date(Date.now() + 3_600_000);
  certificate.setSubject([{ name: 'commonName', value: name }]);
  certificate.setIssuer([{ name: 'commonName', value: name }]);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(key.privateKey), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}

const ca = certificateOf('Decant test');

describe('the HTTPS client', () => {
  let server: Server;
  let origin: string;
  let client: HttpsClient;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  beforeEach(async () => {
    answer = (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate();
      response.end(`${request.method} ${request.url} ${String(peer.subject?.CN ?? 'nobody')}`);
    };
    const tls = { key: testKey.privateKey, cert: ca, requestCert: true, rejectUnauthorized: false };
    server = createServer(tls, (request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = nodeHttpsClient(origin, ca);
  });
  afterEach(async () => {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const get = async (path = '/a'): Promise<string> =>
    new TextDecoder().decode((await client.request({ method: 'GET', path })).body);

  it('asks under no certificate until it has one', async () => {
    expect(await get()).toBe('GET /a nobody');
    client.present({ key: testKey.privateKey, cert: certificateOf('mixer-1') });
    expect(await get()).toBe('GET /a mixer-1');
  });

  it('lets a request end that was begun under the certificate before', async () => {
    let finish = (): void => undefined;
    const usual = answer;
    const waiting = new Promise<void>((begun) => {
      answer = (request, response) => {
        finish = () => usual(request, response);
        begun();
      };
    });
    const asked = get('/slow');
    await waiting;
    client.present({ key: testKey.privateKey, cert: certificateOf('mixer-1') });
    finish();
    expect(await asked).toBe('GET /slow nobody');
  });

  it('sends bodies with their length', async () => {
    answer = (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => response.end(`${request.headers['content-length']} ${Buffer.concat(parts).toString()}`));
    };
    const { body } = await client.request({ method: 'POST', path: '/', body: 'grün' });
    expect(new TextDecoder().decode(body)).toBe('5 grün');
  });

  it.each([
    ['nobody listens', () => 'https://127.0.0.1:1', ca],
    ['the certificate is not of the pinned CA', () => origin, certificateOf('Decant test', foreignKey)],
    ['the name is another', () => origin.replace('127.0.0.1', 'localhost'), ca],
  ])('cannot reach a marketplace where %s', async (_why, where, pinned) => {
    const other = nodeHttpsClient(where(), pinned);
    const asked = other.request({ method: 'GET', path: '/' });
    await expect(asked).rejects.toMatchObject({ code: 'marketplace/unreachable' });
    other.close();
  });

  it('takes an answer that breaks off for none', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half');
      response.socket?.destroy();
    };
    await expect(get()).rejects.toMatchObject({ code: 'marketplace/unreachable' });
  });

  it('leaves the origin to nobody else', async () => {
    await expect(client.request({ method: 'GET', path: 'https://evil.test/' })).rejects.toThrow('origin');
    await expect(client.request({ method: 'GET', path: '//evil.test/' })).rejects.toThrow('origin');
  });
});
