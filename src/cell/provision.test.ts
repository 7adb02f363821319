import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { Maker } from '#maker/maker.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { FaultyToken } from '#tests/support/cell/faulty-token.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import { commonName, parseCertificate, spkiOf } from '#wire/certificate-chain.ts';
import { openMessage } from '#wire/signed-message.ts';
import { openIdentity, readProvisioned, writeProvisioned } from './identity.ts';
import {
  checkCertificate,
  finishProvisioning,
  keyLabels,
  type ProvisionPlan,
  type ProvisionPorts,
  requestClassKey,
  requestIdentity,
} from './provision.ts';

const clock = systemClock;
const entropy = systemEntropy;

let tokens: SoftTokens;
let token: Pkcs11Token;
let maker: Maker;
let plan: ProvisionPlan;
let certificate: Uint8Array;
let disk: MemoryDisk;
let ports: ProvisionPorts;

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('machine');
  maker = await Maker.open({ token: await tokens.make('maker'), disk: new MemoryDisk(), clock, entropy });
  plan = {
    machine: 'mixer-7',
    name: 'Mixer 7',
    machineClass: 'beverage',
    keyClass: 'demo-mixer',
    issuer: 'https://market.test',
    anchors: maker.anchors,
  };
  const request = await requestIdentity('mixer-7', { token, disk: new MemoryDisk(), clock, entropy });
  certificate = await maker.enrol('mixer-7', request, { tokenClass: 'soft', profile: 'H' });
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});
beforeEach(() => {
  disk = new MemoryDisk();
  ports = { token, disk, clock, entropy };
});

const classKeys = (): string[] => token.listKeys('class-');
const forget = async (): Promise<void> => {
  for (const label of classKeys()) await token.destroyKey(label);
};
const refused = { code: 'message/not-authentic' };

describe('provisioning', () => {
  it('leaves identity and class key in the token and the world that is believed on the disk', async () => {
    const request = await requestClassKey(plan, certificate, ports);
    await finishProvisioning(plan, await maker.answerTransport(request, 1), ports);
    const provisioned = await readProvisioned(disk);
    expect(provisioned).toMatchObject({
      machine: 'mixer-7',
      issuer: 'https://market.test',
      class_keys: [{ epoch: 1 }],
    });
    const identity = openIdentity(provisioned, token);
    expect(identity).toMatchObject({ machine: 'mixer-7', tokenClass: 'soft', profile: 'H' });
    expect(identity.certificateExpires).toBeGreaterThan(clock.now());
    expect(classKeys()).toEqual(['class-demo-mixer-1']);
    expect(token.hasKey(keyLabels.transport)).toBe(false);
    expect(disk.paths).not.toContain('provisioning/transport-nonce');
    await forget();
  });

  it('asks for a certificate of its own key, the same when asked again', async () => {
    const before = token.publicKey(keyLabels.identity);
    await requestIdentity('mixer-7', ports);
    expect(token.publicKey(keyLabels.identity)).toEqual(before);
    const leaf = parseCertificate(certificate);
    expect(commonName(leaf)).toBe('mixer-7');
    expect(spkiOf(leaf.publicKey)).toEqual(before);
  });

  it('may ask for the class key again, with a new transport key each time; an old answer is then refused', async () => {
    const first = await requestClassKey(plan, certificate, ports);
    const second = await requestClassKey(plan, certificate, ports);
    const [one, other] = [first, second].map(
      (message) => openMessage('TRANSPORT_REQ', message, maker.anchors, clock.now()).payload,
    );
    expect(one?.spki).not.toEqual(other?.spki);
    await expect(finishProvisioning(plan, await maker.answerTransport(first, 1), ports)).rejects.toMatchObject(refused);
    await finishProvisioning(plan, await maker.answerTransport(second, 1), ports);
    await forget();
  });

  it('takes no answer for another machine or class, and none twice', async () => {
    const answer = await maker.answerTransport(await requestClassKey(plan, certificate, ports), 1);
    const finish = (changes: Partial<ProvisionPlan>) => finishProvisioning({ ...plan, ...changes }, answer, ports);
    await expect(finish({ machine: 'mixer-8' })).rejects.toMatchObject(refused);
    await expect(finish({ keyClass: 'demo-other' })).rejects.toMatchObject(refused);
    await expect(finish({ anchors: { ...maker.anchors, maker: [maker.authorRoot] } })).rejects.toMatchObject(refused);
    expect(classKeys()).toEqual([]);
    await finish({});
    await expect(finish({})).rejects.toMatchObject({ code: 'machine/not-provisioned' });
    await forget();
  });

  it('keeps no class key that is not the certified one', async () => {
    const answer = await maker.answerTransport(await requestClassKey(plan, certificate, ports), 1);
    const lying = new FaultyToken(token);
    lying.importClassKey = async (delivery) => {
      await token.importClassKey(delivery);
      return new Uint8Array(294);
    };
    await expect(finishProvisioning(plan, answer, { ...ports, token: lying })).rejects.toMatchObject(refused);
    expect(classKeys()).toEqual([]);
    expect(disk.paths).not.toContain('provisioned.cbor');
  });

  it('needs its steps in order', async () => {
    const answer = await maker.answerTransport(await requestClassKey(plan, certificate, ports), 1);
    const elsewhere = { ...ports, disk: new MemoryDisk() };
    await expect(finishProvisioning(plan, answer, elsewhere)).rejects.toMatchObject({
      code: 'machine/not-provisioned',
    });
  });

  it('refuses a certificate for another key, another machine, or from another CA', async () => {
    const paper = await tokens.make('other');
    const other = { ...ports, token: paper };
    const request = await requestIdentity('mixer-8', other);
    const theirs = await maker.enrol('mixer-8', request, { tokenClass: 'soft', profile: 'H' });
    await expect(requestClassKey(plan, theirs, ports)).rejects.toMatchObject({ code: 'token/key-missing' });
    expect(() => checkCertificate(plan, theirs, ports)).toThrow(
      expect.objectContaining({ code: 'licence/other-machine' }) as Error,
    );
    const distrusted = { ...plan, anchors: { machine: [maker.authorRoot] } };
    expect(() => checkCertificate(distrusted, certificate, ports)).toThrow(expect.objectContaining(refused) as Error);
    expect(() => checkCertificate(plan, certificate, ports)).not.toThrow();
    paper[Symbol.dispose]();
  });
});

describe('an identity', () => {
  const provisioned = async () => {
    const request = await requestClassKey(plan, certificate, ports);
    await finishProvisioning(plan, await maker.answerTransport(request, 1), ports);
    await forget();
    return readProvisioned(disk);
  };

  it('is not opened from a folder where nothing, or nonsense, is provisioned', async () => {
    await expect(readProvisioned(disk)).rejects.toMatchObject({ code: 'machine/not-provisioned' });
    for (const bytes of [new Uint8Array(0), new Uint8Array([0xff]), new Uint8Array([0xa0])]) {
      disk.put('provisioned.cbor', bytes);
      await expect(readProvisioned(disk)).rejects.toMatchObject({ code: 'machine/not-provisioned' });
    }
  });

  it('needs certificate and token to belong together', async () => {
    const mine = await provisioned();
    const elsewhere = new FaultyToken(token);
    elsewhere.publicKey = () => new Uint8Array(3);
    expect(() => openIdentity(mine, elsewhere)).toThrow(
      expect.objectContaining({ code: 'token/key-missing' }) as Error,
    );
    expect(() => openIdentity({ ...mine, machine: 'mixer-8' }, token)).toThrow(
      expect.objectContaining({ code: 'machine/not-provisioned' }) as Error,
    );
  });

  it('is not written down with fields that could not be read again', async () => {
    const mine = await provisioned();
    await expect(writeProvisioned(disk, { ...mine, class_keys: [] })).rejects.toThrow(/class_keys/);
    expect((await readProvisioned(disk)).class_keys).toHaveLength(1);
  });
});
