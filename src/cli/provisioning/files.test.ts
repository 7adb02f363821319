import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paperCa } from '#tests/support/marketplace/people.ts';
import { decodePlan, encodePlan, readPlan } from './plan-file.ts';
import { stick } from './stick.ts';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decant-plan-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const written = `
machine: bar-7
name: Harbour bar
key_class: demo-mixer
issuer: https://market.example
anchors: {machine: [root.pem], maker: [root.der]}
`;

describe('a plan', () => {
  it('is read from YAML with certificates beside it, and is the same through CBOR', async () => {
    const { certificate } = await paperCa('Root');
    await writeFile(at('root.der'), certificate);
    const base64 = Buffer.from(certificate).toString('base64');
    await writeFile(at('root.pem'), `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`);
    await writeFile(at('plan.yaml'), written);
    const plan = await readPlan(at('plan.yaml'));
    expect(plan).toEqual({
      machine: 'bar-7',
      name: 'Harbour bar',
      machineClass: 'beverage',
      keyClass: 'demo-mixer',
      issuer: 'https://market.example',
      identityBits: 3072,
      prekeys: { bits: 2048, count: 16 },
      anchors: { machine: [certificate], maker: [certificate] },
    });
    await writeFile(at('plan.cbor'), encodePlan(plan));
    expect(await readPlan(at('plan.cbor'))).toEqual(plan);
    expect(decodePlan(encodePlan({ ...plan, prekeys: undefined }), 'x').prekeys).toBeUndefined();
  });

  it('is refused with the name of the field that is wrong', async () => {
    for (const [change, field] of [
      ['machine: Bar 7', 'machine'],
      ['prekeys: {bits: 1024, count: 4}', 'prekeys.bits'],
      ['colour: red', ''],
      ['anchors: {king: []}', 'anchors'],
    ] as const) {
      const [name = ''] = change.split(':');
      const text = written.replace(new RegExp(`^${name}: .*\n`, 'm'), '');
      await writeFile(at('plan.yaml'), `${text}${change}\n`);
      const error = await readPlan(at('plan.yaml')).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'message/malformed' });
      expect((error as { facts: { reason: string } }).facts.reason).toContain(field);
    }
  });

  it('needs the certificates that it names', async () => {
    await writeFile(at('plan.yaml'), written);
    await expect(readPlan(at('plan.yaml'))).rejects.toMatchObject({ code: 'file/unreadable' });
  });
});

describe('the stick between machine and maker', () => {
  it('takes what goes out and has what comes in, or nothing yet', async () => {
    const files = stick(at('stick'));
    expect(await files.receive('certificate')).toBeNull();
    await files.send('request', Uint8Array.of(1, 2));
    expect(await readdir(at('stick'))).toEqual(['request.p10']);
    expect((await stat(at('stick/request.p10'))).mode & 0o777).toBe(0o600);
    await writeFile(at('stick/identity.der'), Uint8Array.of(3));
    expect(await files.receive('certificate')).toEqual(Uint8Array.of(3));
  });

  it('keeps no class key that was taken', async () => {
    const files = stick(folder);
    await writeFile(at('class-key.cose'), Uint8Array.of(4, 5));
    await files.erase('class-key');
    await files.erase('class-key');
    expect(await readdir(folder)).toEqual([]);
    expect(await files.receive('class-key')).toBeNull();
  });
});
