import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type Instant, instant } from '#shared/units.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import { buildCertificateBag, readCertificateBag } from './certificate-bag.ts';
import { type KeyUsage, keyUsages } from './certificate-extensions.ts';
import { buildCertificateRequest, readCertificateRequest } from './certificate-request.ts';
import { type CertificateSigner, tokenSigner } from './certificate-signer.ts';
import {
  type CertificateToIssue,
  issueCertificate,
  randomSerial,
  textExtensionOf,
  tlsClientOid,
  tlsServerOid,
} from './certificates.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';

let tokens: SoftTokens;
let token: Pkcs11Token;
let folder: string;
const notBefore = instant(Date.UTC(2026, 0, 1));
const notAfter = instant(Date.UTC(2036, 0, 1));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'decant-certificates-'));
  tokens = await softTokens();
  token = await tokens.make('ca');
  await token.generateSigningKey('rsa', { rsaBits: 2048 });
  await token.generateSigningKey('ec', { curve: 'P-256' });
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function root(spki: Uint8Array, changes: Partial<CertificateToIssue> = {}): CertificateToIssue {
  return {
    subject: { CN: 'Demo root', O: 'Demo maker' },
    spki,
    issuer: 'self',
    serial: randomSerial(systemEntropy),
    notBefore,
    notAfter,
    ca: true,
    keyUsage: ['keyCertSign', 'cRLSign'],
    ...changes,
  };
}

function leaf(issuer: Uint8Array, changes: Partial<CertificateToIssue> = {}): CertificateToIssue {
  return {
    ...root(someSpki(), { issuer, ca: false }),
    subject: { CN: 'mixer-1' },
    keyUsage: ['digitalSignature'],
    extKeyUsageOids: [tlsClientOid, '1.3.6.1.4.1.32473.1.4'],
    ...changes,
  };
}

function someSpki(): Uint8Array {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
}

function pem(name: string, der: Uint8Array, kind = 'CERTIFICATE'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const path = join(folder, name);
  writeFileSync(path, [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`, ''].join('\n'));
  return path;
}

const openssl = (...args: string[]): string => execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });

const signers: [string, 'rsa' | 'ec', CertificateSigner['algorithm']][] = [
  ['RS256', 'rsa', 'RS256'],
  ['PS256', 'rsa', 'PS256'],
  ['ES256', 'ec', 'ES256'],
];

describe.each(signers)('a chain signed by %s in the token', (name, key, algorithm) => {
  it('is accepted by openssl under -x509_strict, through an intermediate', async () => {
    const signer = tokenSigner(token, key, algorithm);
    const ca = await issueCertificate(root(token.publicKey(key), { pathLen: 1 }), signer);
    const subject = { CN: 'Issuing', O: 'Demo maker' };
    const intermediate = await issueCertificate(
      root(token.publicKey(key), { subject, issuer: ca, pathLen: 0 }),
      signer,
    );
    const end = await issueCertificate(leaf(intermediate), signer);
    const files = [ca, intermediate, end].map((der, i) => pem(`${name}-${i}.pem`, der));
    const [caFile = '', intermediateFile = '', endFile = ''] = files;
    const at = String(Date.UTC(2027, 0, 1) / 1000);
    const options = ['-x509_strict', '-purpose', 'sslclient', '-attime', at, '-CAfile', caFile];
    const verdict = openssl('verify', ...options, '-untrusted', intermediateFile, endFile);
    expect(verdict).toContain('OK');
    const [issuer, certificate] = [new X509Certificate(intermediate), new X509Certificate(end)];
    expect(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)).toBe(true);
  });

  it('answers a request that openssl verifies and that reads back', async () => {
    const spki = token.publicKey(key);
    const subject = { CN: 'mixer-1', O: 'Bar Ü' };
    const request = await buildCertificateRequest({ subject, spki }, tokenSigner(token, key, algorithm));
    const file = pem(`${name}.csr`, request, 'CERTIFICATE REQUEST');
    openssl('req', '-in', file, '-noout', '-verify');
    expect(readCertificateRequest(request)).toEqual({ subject, spki });
  });
});

describe('a certificate', () => {
  const issue = async (changes: Partial<CertificateToIssue>): Promise<Uint8Array> => {
    const signer = tokenSigner(token, 'ec', 'ES256');
    const ca = await issueCertificate(root(token.publicKey('ec')), signer);
    return issueCertificate(leaf(ca, changes), signer);
  };

  it('carries names, uses and extensions of our own', async () => {
    const der = await issue({
      extKeyUsageOids: [tlsServerOid],
      subjectAltNames: { dns: ['mixer.local'], ip: ['127.0.0.1', '::1', 'fe80::1:2'], uri: ['urn:decant:machine:1'] },
      customExtensions: [{ oid: '1.3.6.1.4.1.32473.2.1', text: 'soft' }],
    });
    const certificate = new X509Certificate(der);
    expect(certificate.subjectAltName).toBe(
      'DNS:mixer.local, URI:urn:decant:machine:1, IP Address:127.0.0.1, ' +
        'IP Address:0:0:0:0:0:0:0:1, IP Address:FE80:0:0:0:0:0:1:2',
    );
    expect(certificate.keyUsage).toEqual([tlsServerOid]);
    expect(certificate.ca).toBe(false);
    expect(textExtensionOf(der, '1.3.6.1.4.1.32473.2.1')).toBe('soft');
    expect(textExtensionOf(der, '1.3.6.1.4.1.32473.2.2')).toBeNull();
  });

  it('is dated to the second, before and after 2050', async () => {
    const dates: [Instant, string][] = [
      [instant(Date.UTC(2049, 11, 31, 23, 59, 59)), '2049-12-31T23:59:59.000Z'],
      [instant(Date.UTC(2050, 0, 1, 0, 0, 0, 999)), '2050-01-01T00:00:00.000Z'],
    ];
    for (const [at, text] of dates) {
      expect(new X509Certificate(await issue({ notAfter: at })).validToDate.toISOString()).toBe(text);
    }
  });

  it('names every subset of key uses as openssl reads them', async () => {
    const some = fc.subarray([...keyUsages], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(some, async (usages: KeyUsage[]) => {
        const file = pem('usage.pem', await issue({ keyUsage: usages }));
        const text = openssl('x509', '-in', file, '-noout', '-ext', 'keyUsage');
        expect(text.split(',')).toHaveLength(usages.length);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['an address with a part over 255', { ip: ['127.0.0.256'] }],
    ['an address of nine groups', { ip: ['1:2:3:4:5:6:7:8:9'] }],
    ['an address with two gaps', { ip: ['1::2::3'] }],
    ['an address of seven groups without a gap', { ip: ['1:2:3:4:5:6:7'] }],
    ['no address at all', { ip: ['mixer'] }],
    ['two names in one', { dns: ['a.example, DNS:b.example'] }],
    ['a name that is not ASCII', { uri: ['urn:bär'] }],
  ])('is not issued for %s', async (_, subjectAltNames) => {
    await expect(issue({ subjectAltNames })).rejects.toMatchObject({ code: 'message/malformed' });
  });

  it('is not issued for a public key or under an issuer that is none', async () => {
    for (const changes of [{ spki: Buffer.from('no key') }, { issuer: Buffer.from('no certificate') }]) {
      await expect(issue(changes)).rejects.toMatchObject({ code: 'message/malformed' });
    }
    expect(() => textExtensionOf(Buffer.from('none'), '1.2.3')).toThrow('message/malformed');
  });

  it('has a serial that is positive and 16 bytes long whatever the dice say', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (dice) => {
        const serial = randomSerial({ bytes: () => dice.slice() });
        expect(serial).toHaveLength(16);
        expect(serial[0]).toBeGreaterThanOrEqual(0x40);
        expect(serial[0]).toBeLessThan(0x80);
      }),
    );
  });
});

describe('a certificate request', () => {
  it('is refused when any byte of it was changed', async () => {
    const subject = { CN: 'mixer-1' };
    const spki = token.publicKey('ec');
    const request = await buildCertificateRequest({ subject, spki }, tokenSigner(token, 'ec', 'ES256'));
    fc.assert(
      fc.property(fc.nat(request.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = request.slice();
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(() => readCertificateRequest(changed)).toThrow(/^message\//);
      }),
      { numRuns: 300 },
    );
  });

  it('is refused when another key signed it, or with an algorithm of another kind', async () => {
    const subject = { CN: 'mixer-1' };
    const foreign = { subject, spki: someSpki() };
    const signed = await buildCertificateRequest(foreign, tokenSigner(token, 'ec', 'ES256'));
    expect(() => readCertificateRequest(signed)).toThrow('message/not-authentic');
    const crossed = await buildCertificateRequest(foreign, tokenSigner(token, 'rsa', 'RS256'));
    expect(() => readCertificateRequest(crossed)).toThrow('message/not-authentic');
  });
});

describe('a bag of certificates', () => {
  it('reads back, and as openssl reads it', async () => {
    const signer = tokenSigner(token, 'ec', 'ES256');
    const ca = await issueCertificate(root(token.publicKey('ec')), signer);
    const end = await issueCertificate(leaf(ca), signer);
    const bag = buildCertificateBag([end, ca]);
    expect(readCertificateBag(bag)).toEqual([end, ca]);
    const printed = openssl('pkcs7', '-in', pem('bag.p7', bag, 'PKCS7'), '-print_certs', '-noout');
    expect(printed.match(/subject=/g)).toHaveLength(2);
    expect(readCertificateBag(buildCertificateBag([]))).toEqual([]);
  });

  it('is refused when it is something else', async () => {
    for (const other of [Buffer.from('none'), someSpki()]) {
      expect(() => readCertificateBag(other)).toThrow('message/malformed');
    }
  });

  it('of openssl reads, in the same order', async () => {
    const signer = tokenSigner(token, 'rsa', 'RS256');
    const ca = await issueCertificate(root(token.publicKey('rsa')), signer);
    const file = pem('one.pem', ca);
    const bag = execFileSync('openssl', ['crl2pkcs7', '-nocrl', '-certfile', file, '-outform', 'DER']);
    expect(readCertificateBag(bag)).toEqual([ca]);
    expect(createPublicKey(new X509Certificate(ca).publicKey.export({ format: 'pem', type: 'spki' }))).toBeDefined();
  });
});
