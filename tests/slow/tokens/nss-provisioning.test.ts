import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pkcs11 from 'pkcs11js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { provision } from '#cell/provision.ts';
import type { ProvisionPlan } from '#cell/provisioning/run.ts';
import { openToken } from '#hsm/open-token.ts';
import { readTokenObjects } from '#hsm/token-objects.ts';
import { Maker } from '#maker/maker.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { runProgram } from '../../run/program.ts';
import { Letters } from '../../support/cell/provisioning-world.ts';
import { MemoryDisk } from '../../support/memory-disk.ts';
import { softTokens, testPin } from '../../support/soft-token.ts';
import { DebianPackages } from './debian-packages.ts';

let packages: DebianPackages;
const folder = mkdtempSync(join(tmpdir(), 'decant-nss-'));

beforeAll(async () => {
  packages = await DebianPackages.get('libnss3', 'libnss3-tools');
  const pinFile = join(folder, 'pin');
  writeFileSync(pinFile, testPin, { mode: 0o600 });
  const certutil = packages.path('usr', 'bin', 'certutil');
  const env = { ...process.env, LD_LIBRARY_PATH: packages.libraryPath() };
  const { code, output } = await runProgram(certutil, ['-N', '-d', `sql:${folder}`, '-f', pinFile], { env });
  if (code !== 0) throw new Error(output);
  process.env['DECANT_PKCS11_PARAMETERS'] =
    `configdir='sql:${folder}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=`;
  packages.loadLibraries(/^lib(nspr4|plc4|plds4|nssutil3|sqlite3|softokn3|freebl3|freeblpriv3)\.so/);
});
afterAll(() => {
  packages[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

test('a machine with an NSS token is not put into service: its class key reads back otherwise, and is destroyed', async () => {
  await using tokens = await softTokens();
  const makerPorts = { token: await tokens.make('maker'), disk: new MemoryDisk(), clock: systemClock };
  const maker = await Maker.open({ ...makerPorts, entropy: systemEntropy });
  const module = packages.library('libsoftokn3.so');
  using token = await openToken({ module, label: 'NSS Certificate DB', pin: testPin, entropy: systemEntropy });
  const plan: ProvisionPlan = {
    machine: 'mixer-nss',
    name: 'NSS',
    machineClass: 'beverage',
    keyClass: 'demo-mixer',
    issuer: 'https://market.test',
    anchors: maker.anchors,
  };
  const letters = new Letters();
  const machine = { token, objects: () => readTokenObjects(token.login) };
  const disk = new MemoryDisk();
  const ports = { openToken: async () => machine, disk, clock: systemClock, entropy: systemEntropy, who: 'ada' };
  const until = async (): Promise<unknown> => {
    for (;;) {
      const result = await provision(plan, ports, letters);
      if (result.state !== 'waiting') return result;
      await letters.answer(maker, plan, result.for);
    }
  };
  // asked for a class key that only unwraps, NSS makes one that decrypts as well
  await expect(until()).rejects.toMatchObject({
    code: 'token/failed',
    facts: { operation: 'read back', attribute: pkcs11.CKA_DECRYPT },
  });
  expect(machine.objects().map(({ label, kind }) => `${label}: ${kind}`)).toEqual([
    'identity: identity',
    'state: state key',
  ]);
  expect(disk.paths).not.toContain('provisioned.cbor');
});
