import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#shared/node/system-clock.ts';
import { Bench, type ProvisioningWorld, provisioningWorld } from '#tests/support/cell/provisioning-world.ts';
import { commonName, parseCertificate, spkiOf } from '#wire/certificate-chain.ts';
import { openMessage } from '#wire/signed-message.ts';
import { openIdentity, readProvisioned, writeProvisioned } from './identity.ts';
import { provision, provisionAgain } from './provision.ts';
import { auditOf, auditPath } from './provisioning/audit.ts';
import { keyLabels, paths } from './provisioning/names.ts';
import type { NextStep } from './provisioning/sequence.ts';
import { sequences } from './provisioning/sequence.ts';

let world: ProvisioningWorld;
let bench: Bench;

beforeAll(async () => {
  world = await provisioningWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  bench = new Bench(world);
});

const refused = { code: 'message/not-authentic' };
const answer = (waitsFor: 'certificate' | 'class-key', epoch = 1) =>
  bench.letters.answer(world.maker, world.plan, waitsFor, epoch);
const events = async () => {
  const { lines } = await auditOf(bench.disk);
  return lines.map(({ event }) => Object.values(event).join(' '));
};

/** As far as the request for the class key. */
async function untilTransport(): Promise<void> {
  await bench.once();
  await answer('certificate');
  expect(await bench.once()).toEqual({ state: 'waiting', for: 'class-key' });
}

describe('provisioning', () => {
  it('waits for the certificate, then for the class key, then is complete and stays so', async () => {
    expect(await bench.once()).toEqual({ state: 'waiting', for: 'certificate' });
    expect(await bench.once()).toEqual({ state: 'waiting', for: 'certificate' });
    await answer('certificate');
    expect(await bench.once()).toEqual({ state: 'waiting', for: 'class-key' });
    await answer('class-key');
    expect(await bench.once()).toEqual({ state: 'complete' });
    const before = bench.disk.bytes(auditPath);
    expect(await bench.once()).toEqual({ state: 'complete' });
    expect(bench.disk.bytes(auditPath)).toEqual(before);
  });

  it('leaves identity, state key and class key in the token and the world that is believed on the disk', async () => {
    await bench.complete();
    const provisioned = await readProvisioned(bench.disk);
    expect(provisioned).toMatchObject({
      machine: 'mixer-7',
      issuer: 'https://market.test',
      class_keys: [{ epoch: 1, label: 'class-demo-mixer-1' }],
    });
    const identity = openIdentity(provisioned, bench.token, systemClock);
    expect(identity).toMatchObject({ machine: 'mixer-7', tokenClass: 'soft', profile: 'H' });
    expect(identity.anchors.machine).toEqual([world.maker.root]);
    expect(identity.certificateExpires).toBeGreaterThan(systemClock.now());
    const labels = bench.token.objects().map(({ label }) => label);
    expect(labels.toSorted()).toEqual(['class-demo-mixer-1', 'identity', 'state']);
    expect(bench.disk.paths).not.toContain(paths.nonce);
    expect(bench.letters.answers.has('class-key')).toBe(false);
  });

  it('tells each step before it begins, with its number', async () => {
    const told: NextStep[] = [];
    await bench.complete(() => provision(world.plan, bench.ports, bench.letters, { tell: (step) => told.push(step) }));
    expect(told.map(({ step }) => step)).toEqual(sequences.machine);
    expect(told.map(({ number, of }) => `${number}/${of}`)).toEqual(sequences.machine.map((_, i) => `${i + 1}/10`));
    expect(told.some(({ resume }) => resume)).toBe(false);
  });

  it('asks for a certificate of its own key', async () => {
    await bench.once();
    await answer('certificate');
    const leaf = parseCertificate(bench.letters.answers.get('certificate') ?? new Uint8Array(0));
    expect(commonName(leaf)).toBe('mixer-7');
    expect(spkiOf(leaf.publicKey)).toEqual(bench.token.publicKey(keyLabels.identity));
  });

  it('makes the first one-time keys when the plan asks for them, and writes them down', async () => {
    const plan = { ...world.plan, prekeys: { bits: 2048, count: 3 } as const };
    await bench.complete(() => provision(plan, bench.ports, bench.letters));
    expect(bench.token.listKeys('prekey-')).toHaveLength(3);
    const last = (await auditOf(bench.disk)).lines.find(({ event }) => event.t === 'done' && event.step === 'prekeys');
    expect(last?.facts).toEqual({ keys: 3 });
    expect(bench.disk.bytes('journal/journal.log').length).toBeGreaterThan(1000);
  });
});

describe('the audit record of provisioning', () => {
  it('has a line before and one after each step, chained by hashes that sha256sum computes', async () => {
    await bench.complete();
    expect(await events()).toEqual([
      'opened machine',
      ...sequences.machine.flatMap((step) => [`begun ${step}`, `done ${step}`]),
    ]);
    const written = Buffer.from(bench.disk.bytes(auditPath)).toString().split('\n').slice(0, -1);
    let previous = '0'.repeat(64);
    for (const line of written) {
      expect(JSON.parse(line)).toMatchObject({ previous, who: 'ada' });
      previous = createHash('sha256').update(line).digest('hex');
    }
  });

  it('is on the medium before each step begins and after it is done', async () => {
    await bench.complete();
    expect(bench.disk.afterPowerCut().bytes(auditPath)).toEqual(bench.disk.bytes(auditPath));
    const writes = bench.disk.steps.filter((step) => step.endsWith(auditPath) && /^(write|sync)/.test(step));
    expect(writes).toEqual(Array.from({ length: 42 }, (_, i) => `${i % 2 === 0 ? 'write' : 'sync'} ${auditPath}`));
  });

  it('says what failed and why, and nothing of what was in it', async () => {
    await bench.once();
    bench.letters.answers.set('certificate', world.maker.root);
    await expect(bench.once()).rejects.toMatchObject(refused);
    const last = (await auditOf(bench.disk)).lines.at(-1);
    expect(last?.event).toEqual({ t: 'failed', step: 'certificate' });
    expect(last?.facts).toMatchObject({ code: 'message/not-authentic' });
    await answer('certificate');
    expect(await bench.once()).toEqual({ state: 'waiting', for: 'class-key' });
  });

  it('stops everything when a line was changed, taken out or put elsewhere', async () => {
    await bench.once();
    const whole = Buffer.from(bench.disk.bytes(auditPath)).toString();
    const lines = whole.split('\n').slice(0, -1);
    const changed = [
      whole.replace('"who":"ada"', '"who":"eve"'),
      [...lines.slice(0, 2), ...lines.slice(3), ''].join('\n'),
      [...lines.slice(0, 2), lines[3], lines[2], ...lines.slice(4), ''].join('\n'),
      `${whole}{}\n`,
      `${whole}nonsense\n`,
    ];
    for (const bytes of changed) {
      bench.disk.put(auditPath, Buffer.from(bytes));
      await expect(bench.once()).rejects.toMatchObject({ code: 'provision/audit-broken' });
    }
  });

  it('loses at most a last line that was cut off, and goes on before it', async () => {
    await bench.once();
    const whole = bench.disk.bytes(auditPath);
    bench.disk.put(auditPath, whole.subarray(0, -20));
    expect(await bench.once()).toEqual({ state: 'waiting', for: 'certificate' });
    expect((await events()).at(-1)).toBe('done request');
  });
});

describe('what comes back', () => {
  it('is refused when the certificate is for another key, another machine, or from another CA', async () => {
    await bench.once();
    const other = new Bench(world);
    await other.once();
    await other.letters.answer(world.maker, world.plan, 'certificate');
    const theirs = other.letters.answers.get('certificate') ?? new Uint8Array(0);
    bench.letters.answers.set('certificate', theirs);
    await expect(bench.once()).rejects.toMatchObject({ code: 'token/key-missing' });
    const elsewhere = { ...world.plan, machine: 'mixer-8' };
    await expect(provision(elsewhere, bench.ports, bench.letters)).rejects.toMatchObject({
      code: 'licence/other-machine',
    });
    await answer('certificate');
    const distrusting = { ...world.plan, anchors: { machine: [world.maker.authorRoot] } };
    await expect(provision(distrusting, bench.ports, bench.letters)).rejects.toMatchObject(refused);
    expect(await bench.once()).toEqual({ state: 'waiting', for: 'class-key' });
  });

  it('is refused when the class key is for another machine, class or maker, and stays usable after', async () => {
    await untilTransport();
    await answer('class-key');
    const finish = (changes: object) => provision({ ...world.plan, ...changes }, bench.ports, bench.letters);
    await expect(finish({ machine: 'mixer-8' })).rejects.toMatchObject(refused);
    await expect(finish({ keyClass: 'demo-other' })).rejects.toMatchObject(refused);
    await expect(
      finish({ anchors: { ...world.maker.anchors, maker: [world.maker.authorRoot] } }),
    ).rejects.toMatchObject(refused);
    expect(bench.token.listKeys('class-')).toEqual([]);
    expect(await bench.once()).toEqual({ state: 'complete' });
  });

  it('is refused when it answers a request that another has replaced', async () => {
    await untilTransport();
    const first = bench.letters.sent.get('transport') ?? new Uint8Array(0);
    await provisionAgain('transport', bench.ports);
    await bench.once();
    const second = bench.letters.sent.get('transport') ?? new Uint8Array(0);
    const [one, other] = [first, second].map(
      (message) => openMessage('TRANSPORT_REQ', message, world.maker.anchors, systemClock.now()).payload,
    );
    expect(one?.spki).not.toEqual(other?.spki);
    bench.letters.answers.set('class-key', await world.maker.answerTransport(first, 1));
    await expect(bench.once()).rejects.toMatchObject(refused);
    await answer('class-key');
    expect(await bench.once()).toEqual({ state: 'complete' });
  });

  it('is asked for anew when the class key was not wrapped to the transport key', async () => {
    await untilTransport();
    await answer('class-key');
    bench.token.importClassKey = async () => {
      await bench.token.destroyKey('transport');
      Reflect.deleteProperty(bench.token, 'importClassKey');
      const { Failure } = await import('#shared/failure.ts');
      throw new Failure('token/unwrap-refused');
    };
    await expect(bench.once()).rejects.toMatchObject({ code: 'token/unwrap-refused' });
    expect(await bench.once()).toEqual({ state: 'waiting', for: 'class-key' });
    expect((await events()).slice(-4)).toEqual([
      'begun class-key',
      'undone transport',
      'begun transport',
      'done transport',
    ]);
    await answer('class-key');
    expect(await bench.once()).toEqual({ state: 'complete' });
  });

  it('leaves no class key that is not the certified one', async () => {
    await untilTransport();
    await answer('class-key');
    const real = bench.token.importClassKey.bind(bench.token);
    bench.token.importClassKey = async (delivery) => {
      await real(delivery);
      return new Uint8Array(294);
    };
    await expect(bench.once()).rejects.toMatchObject(refused);
    expect(bench.token.listKeys('class-')).toEqual([]);
    expect(bench.disk.paths).not.toContain('provisioned.cbor');
  });
});

describe('a token that is not what it should be', () => {
  it('is not begun with when it cannot unwrap, and so could never take a class key', async () => {
    Object.defineProperty(bench.token, 'profile', { value: 'S' });
    await expect(bench.once()).rejects.toMatchObject({
      code: 'token/mechanism-missing',
      facts: { mechanism: 'C_UnwrapKey' },
    });
    expect(bench.token.objects()).toEqual([]);
  });

  it('is not begun with when somebody has used it before', async () => {
    await bench.token.generateUnwrapKey('prekey-0011223344556677');
    await expect(bench.once()).rejects.toMatchObject({
      code: 'provision/object-unknown',
      facts: { object: 'private prekey-0011223344556677' },
    });
  });

  it('is not put into service with an object more, or one that differs', async () => {
    await untilTransport();
    await answer('class-key');
    const real = bench.token.objects.bind(bench.token);
    const stranger = { objectClass: 'data', label: 'notes', kind: null, deviations: [] };
    bench.token.objects = () => [...real(), stranger];
    await expect(bench.once()).rejects.toMatchObject({
      code: 'provision/object-unknown',
      facts: { object: 'data notes' },
    });
    const deviation = { attribute: 'CKA_DECRYPT', expected: 'false', found: 'true' };
    bench.token.objects = () => real().map((object) => ({ ...object, deviations: [deviation] }));
    await expect(bench.once()).rejects.toMatchObject({
      code: 'provision/token-differs',
      facts: { attribute: 'CKA_DECRYPT', expected: 'false', found: 'true' },
    });
    bench.token.objects = real;
    expect(await bench.once()).toEqual({ state: 'complete' });
  });
});

describe('a further epoch', () => {
  it('needs a machine in service', async () => {
    await bench.once();
    await expect(bench.epochOnce()).rejects.toMatchObject({ code: 'machine/not-provisioned' });
  });
});

describe('an identity', () => {
  it('is not opened from a folder where nothing, or nonsense, is provisioned', async () => {
    await expect(readProvisioned(bench.disk)).rejects.toMatchObject({ code: 'machine/not-provisioned' });
    for (const bytes of [new Uint8Array(0), new Uint8Array([0xff]), new Uint8Array([0xa0])]) {
      bench.disk.put('provisioned.cbor', bytes);
      await expect(readProvisioned(bench.disk)).rejects.toMatchObject({ code: 'machine/not-provisioned' });
    }
  });

  it('needs certificate and token to belong together', async () => {
    await bench.complete();
    const mine = await readProvisioned(bench.disk);
    const other = new Bench(world);
    await other.once();
    expect(() => openIdentity(mine, other.token, systemClock)).toThrow(
      expect.objectContaining({ code: 'token/key-missing' }) as Error,
    );
    expect(() => openIdentity({ ...mine, machine: 'mixer-8' }, bench.token, systemClock)).toThrow(
      expect.objectContaining({ code: 'machine/not-provisioned' }) as Error,
    );
  });

  it('is not written down with fields that could not be read again', async () => {
    await bench.complete();
    const mine = await readProvisioned(bench.disk);
    await expect(writeProvisioned(bench.disk, { ...mine, class_keys: [] })).rejects.toThrow(/class_keys/);
    expect((await readProvisioned(bench.disk)).class_keys).toHaveLength(1);
  });
});
