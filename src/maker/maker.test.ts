import { constants, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCertificateRequest } from '#hsm/certificate-request.ts';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { readTokenObjects } from '#hsm/token-objects.ts';
import { readClassKey } from '#recipes/class-key.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { WorldClock } from '#tests/support/cell/world-clock.ts';
import { type PaperCa, paperCa, paperMachine, signRsa } from '#tests/support/marketplace/people.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import { commonName, machineClaims, parseCertificate, spkiOf, verifyChain } from '#wire/certificate-chain.ts';
import { openMessage, sealMessage } from '#wire/signed-message.ts';
import { Maker } from './maker.ts';

const day = 24 * 3600 * 1000;
let tokens: SoftTokens;
let token: Pkcs11Token;
let disk: MemoryDisk;
let clock: WorldClock;
let maker: Maker;

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('maker');
  disk = new MemoryDisk();
  clock = new WorldClock();
  maker = await reopened();
  await maker.classKey('demo-bar', 1);
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

const reopened = (): Promise<Maker> => Maker.open({ token, disk, clock, entropy: systemEntropy });
const soft = { tokenClass: 'soft', profile: 'H' } as const;
const hsm = { tokenClass: 'hsm', profile: 'H' } as const;
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? 'no failure',
  );

/** An identity key in memory, as a machine has it in its token. */
class PaperIdentity {
  readonly #key = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly spki = spkiOf(this.#key.publicKey);

  request(machine: string): Promise<Uint8Array> {
    const sign = async (message: Uint8Array) => signRsa(this.#key.privateKey, message, constants.RSA_PKCS1_PADDING);
    return buildCertificateRequest({ subject: { CN: machine }, spki: this.spki }, { algorithm: 'RS256', sign });
  }

  /** TRANSPORT_REQ with this identity; the transport key is of no use to anybody. */
  transport(machine: string, certificate: Uint8Array, name = 'demo-bar'): Promise<Uint8Array> {
    const sign = async (message: Uint8Array) => signRsa(this.#key.privateKey, message, constants.RSA_PKCS1_PSS_PADDING);
    const payload = { machine, class: name, spki: this.spki, nonce: new Uint8Array(16) };
    return sealMessage('TRANSPORT_REQ', payload, { algorithm: 'PS256', chain: [certificate], sign });
  }
}

describe('the epochs of a class key', () => {
  it('follow one another; three are live, and with the fourth the oldest is destroyed', async () => {
    for (const epoch of [2, 3])
      expect(await maker.classKeys.rotate('demo-bar')).toMatchObject({ epoch, destroyed: [] });
    expect(maker.classKeys.live('demo-bar')).toEqual([3, 2, 1]);
    expect(await maker.classKeys.rotate('demo-bar')).toMatchObject({ epoch: 4, destroyed: [1] });
    expect(maker.classKeys.live('demo-bar')).toEqual([4, 3, 2]);
    expect(token.hasKey('class-demo-bar-1')).toBe(false);
    const { class: name, epoch } = readClassKey([await maker.classKey('demo-bar', 4)], maker.anchors, clock.now());
    expect([name, epoch]).toEqual(['demo-bar', 4]);
  });

  it('are not made out of turn, nor made again', async () => {
    expect(await refusal(maker.classKey('demo-bar', 1))).toBe('maker/epoch-unknown');
    expect(await refusal(maker.classKey('demo-bar', 6))).toBe('maker/epoch-unknown');
    expect(await refusal(maker.classKey('demo-other', 2))).toBe('maker/epoch-unknown');
    expect(await refusal(maker.classKeys.rotate('demo-other'))).toBe('maker/epoch-unknown');
  });

  it('are the same key and certificate to the next process', async () => {
    const certificate = await maker.classKey('demo-bar', 4);
    const again = await reopened();
    expect(await again.classKey('demo-bar', 4)).toEqual(certificate);
    expect(again.classKeys.live('demo-bar')).toEqual([4, 3, 2]);
  });

  it('are not kept for real machines in a soft token, and of one class only under its name', async () => {
    expect(await refusal(maker.classKey('city-bars', 1))).toBe('token/soft-refused');
    expect(maker.classKeys.live('demo')).toEqual([]);
  });
});

describe('a machine is certified', () => {
  it('with the token class that the maker wrote down, whatever it asks for later', async () => {
    const identity = new PaperIdentity();
    expect(await refusal(maker.enrol('bar-1', await identity.request('bar-1'), null))).toBe('maker/enrolment-missing');
    const first = parseCertificate(await maker.enrol('bar-1', await identity.request('bar-1'), hsm));
    expect([commonName(first), machineClaims(first)]).toEqual(['bar-1', hsm]);
    const second = parseCertificate(await maker.enrol('bar-1', await identity.request('bar-1'), null));
    expect(machineClaims(second)).toEqual(hsm);
    const { issued } = JSON.parse(Buffer.from(disk.bytes('enrolment/bar-1.json')).toString()) as { issued: number[] };
    expect(issued).toHaveLength(2);
  });

  it('with other findings or another identity key only when somebody says so', async () => {
    const [identity, other] = [new PaperIdentity(), new PaperIdentity()];
    await maker.enrol('bar-2', await identity.request('bar-2'), hsm);
    expect(await refusal(maker.enrol('bar-2', await identity.request('bar-2'), soft))).toBe('maker/enrolment-differs');
    expect(await refusal(maker.enrol('bar-2', await other.request('bar-2'), null))).toBe('maker/enrolment-differs');
    expect(await refusal(maker.enrol('bar-2', await other.request('bar-2'), soft, true))).toBe('accepted');
    const certificate = parseCertificate(await maker.enrol('bar-2', await other.request('bar-2'), null));
    expect(machineClaims(certificate)).toEqual(soft);
  });

  it('not from a record that somebody damaged', async () => {
    disk.put('enrolment/bar-3.json', Buffer.from('{"machine": "bar-3"}'));
    const request = await new PaperIdentity().request('bar-3');
    expect(await refusal(maker.enrol('bar-3', request, null))).toBe('message/malformed');
  });
});

describe('a class key goes', () => {
  it('to no soft token, unless the class is one of demonstrations', async () => {
    const identity = new PaperIdentity();
    const certificate = await maker.enrol('bar-4', await identity.request('bar-4'), soft);
    const real = await identity.transport('bar-4', certificate, 'city-bars');
    expect(await refusal(maker.answerTransport(real))).toBe('token/soft-refused');
    const demo = await maker.answerTransport(await identity.transport('bar-4', certificate));
    expect(openMessage('CLASS_KEY', demo, maker.anchors, clock.now()).payload).toMatchObject({ epoch: 4 });
  });

  it('of a live epoch only, and only to whom the request names', async () => {
    const identity = new PaperIdentity();
    const certificate = await maker.enrol('bar-5', await identity.request('bar-5'), soft);
    const request = await identity.transport('bar-5', certificate);
    expect(await refusal(maker.answerTransport(request, 2))).toBe('accepted');
    expect(await refusal(maker.answerTransport(request, 1))).toBe('maker/epoch-unknown');
    expect(await refusal(maker.answerTransport(await identity.transport('bar-6', certificate)))).toBe(
      'message/not-authentic',
    );
  });

  it('to a machine that another CA has certified, by the maker’s own record', async () => {
    const ca: PaperCa = await paperCa('Marketplace');
    const machine = await paperMachine(ca, 'bar-7', 'H');
    const payload = { machine: 'bar-7', class: 'demo-bar', spki: new PaperIdentity().spki, nonce: new Uint8Array(16) };
    const request = await sealMessage('TRANSPORT_REQ', payload, machine.signer);
    expect(await refusal(maker.answerTransport(request))).toBe('message/not-authentic');
    const cas = [ca.certificate];
    expect(await refusal(maker.answerTransport(request, undefined, cas))).toBe('maker/enrolment-missing');
    await maker.voucher('bar-7', hsm);
    expect(await refusal(maker.answerTransport(request, undefined, cas))).toBe('accepted');
  });
});

describe('a new root', () => {
  it('is in force at once, and machines of the old one are believed for ninety days', async () => {
    const identity = new PaperIdentity();
    const certificate = await maker.enrol('bar-8', await identity.request('bar-8'), soft);
    const request = await identity.transport('bar-8', certificate);
    const old = maker.root;
    await maker.nextAnchors(true);
    expect(maker.root).not.toEqual(old);
    expect(maker.anchorsVersion).toBe(2);
    maker = await reopened();
    expect(maker.root).not.toEqual(old);
    expect(() => verifyChain([certificate], 'machine', maker.anchors, clock.now())).toThrow('message/not-authentic');
    const fresh = await maker.classKey('demo-bar', 4);
    expect(readClassKey([fresh], maker.anchors, clock.now()).epoch).toBe(4);
    clock.leap(89 * day);
    expect(await refusal(maker.answerTransport(request))).toBe('accepted');
    clock.leap(2 * day);
    expect(await refusal(maker.answerTransport(request))).toBe('message/not-authentic');
    clock.leap(-91 * day);
  });

  it('leaves nothing in the token that can sign or unwrap more than it should', () => {
    const labels = readTokenObjects(token.login).map(({ label, objectClass }) => `${label} ${objectClass}`);
    expect(labels.filter((label) => label.endsWith('private'))).toEqual([
      'author-root private',
      'class-demo-bar-2 private',
      'class-demo-bar-3 private',
      'class-demo-bar-4 private',
      'root private',
      'root-2 private',
      'signing private',
    ]);
  });
});
