import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { loadCryptoki } from './cryptoki.ts';
import { ensureToken } from './init-token.ts';
import { openToken } from './open-token.ts';
import { ownSoftToken } from './own-soft-token.ts';

// one folder: the module reads its configuration once in a process
let folder: string;
let module: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decant-cut-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const own = (label: string) =>
  ownSoftToken({ folder, label, module: process.env['DECANT_PKCS11_MODULE'], entropy: systemEntropy });

describe('a soft token whose making was cut off', () => {
  it('before anything was made is made', async () => {
    using token = await own('machine');
    expect(token.label).toBe('machine');
    module = token.login.cryptoki.path;
    expect((await stat(join(folder, 'pin'))).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).toSorted()).toEqual(['pin', 'so-pin', 'softhsm2.conf', 'tokens']);
  });

  it('after it had a label and before it had a PIN gets its PIN', async () => {
    const { native } = loadCryptoki(module);
    const real = native.initPin;
    const pins = { soPin: async () => readFile(join(folder, 'so-pin')), pin: await readFile(join(folder, 'pin')) };
    Object.assign(native, { initPin: () => 6 });
    try {
      await expect(ensureToken({ module, label: 'half', ...pins })).rejects.toMatchObject({ code: 'token/failed' });
    } finally {
      Object.assign(native, { initPin: real });
    }
    await expect(openToken({ module, label: 'half', pin: pins.pin, entropy: systemEntropy })).rejects.toMatchObject({
      name: 'Failure',
    });
    using token = await own('half');
    expect(token.listKeys('')).toEqual([]);
  });

  it('is left alone when it is whole', async () => {
    const asked: string[] = [];
    const soPin = async (): Promise<Uint8Array> => {
      asked.push('so-pin');
      return new Uint8Array(8);
    };
    await ensureToken({ module, label: 'machine', soPin, pin: await readFile(join(folder, 'pin')) });
    expect(asked).toEqual([]);
  });
});
