import { chmod, cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoCustomer } from '#cli/demo/demo-customer.ts';
import { withFreePorts } from '#cli/demo/demo-ports.ts';
import { type Demo, startDemo } from '#cli/demo/demo.ts';
import { decant, temporaryFolder } from './decant.ts';

interface Told {
  readonly bad: number;
  readonly checks: readonly { readonly check: string; readonly state: string; readonly finding: string }[];
}

/** A whole demonstration, looked at by the technician's commands while it runs, then when parts of it are broken. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let demo: Demo;

beforeAll(async () => {
  folder = await temporaryFolder();
  const ports = await withFreePorts({ touchscreen: 0, wallet: 0, esplora: 0, marketplace: 0, broker: 0 });
  demo = await startDemo({ state: folder.path, ports, seed: 1, speed: 40, noise: true, alcohol: false, say: () => {} });
  await using customer = await DemoCustomer.arrive(demo);
  await customer.menu(({ drinks }) => drinks.some(({ why_not: obstacles }) => obstacles.length === 0));
});

afterAll(async () => {
  await demo[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function doctor(state = folder.path): Promise<Told & { readonly code: number; finding(check: string): string }> {
  const { code, out } = await decant(['doctor', '--state', state, '--json']);
  const told = JSON.parse(out) as Told;
  return { ...told, code, finding: (check) => told.checks.find((one) => one.check === check)?.finding ?? '' };
}

describe('at a machine that runs', () => {
  test('doctor finds nothing wrong, and says what a demonstration lacks', async () => {
    const { code, bad, checks } = await doctor();
    expect(checks.filter(({ state }) => state === 'bad' || state === 'skipped')).toEqual([]);
    expect({ code, bad }).toEqual({ code: 0, bad: 0 });
    expect(checks.filter(({ state }) => state === 'warning').map(({ finding }) => finding)).toEqual([
      'token/soft',
      'pumps/simulated',
    ]);
  });

  test('doctor prints a table, in the language of the terminal, without colours for a program', async () => {
    const { out } = await decant(['doctor', '--state', folder.path], { env: { LANG: 'de_DE.UTF-8' } });
    expect(out).toMatch(/^✓ Node {10}/);
    expect(out).toMatch(/^! Token .+Soft-Token/m);
    expect(out).not.toContain('\u001b');
  });

  test('status tells what anyone may see', async () => {
    const { code, out } = await decant(['status', '--state', folder.path, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ machine: 'demo-machine', state: 'idle', token: { class: 'soft' } });
    const { out: table } = await decant(['status'], { env: { DECANT_STATE: folder.path } });
    expect(table).toContain('line  1   orange-juice');
  });

  test('journal verify proves the chain', async () => {
    const { code, out } = await decant(['journal', 'verify', '--state', folder.path, '--json']);
    expect(code).toBe(0);
    const { entries, head } = JSON.parse(out) as { entries: number; head: string };
    expect(entries).toBeGreaterThan(0);
    expect(head).toMatch(/^[0-9a-f]{64}$/);
  });

  test('journal verify names the entry in which a bit is another', async () => {
    const journal = new Uint8Array(await readFile(join(demo.place.cell, 'journal', 'journal.log')));
    journal[60] = (journal[60] ?? 0) ^ 1;
    const bent = join(folder.path, 'bent.log');
    await writeFile(bent, journal);
    const { code, err } = await decant(['journal', 'verify', '--file', bent]);
    expect(code).toBe(1);
    expect(err).toMatch(/^The journal is damaged at entry 1\. .+\[journal\/broken/);
  });

  test('doctor meets a marketplace under another CA as a stranger', async () => {
    const { config, ca } = demo.place;
    const pinned = await readFile(ca, 'utf8');
    const root = await readFile(join(demo.place.maker, 'certificates', 'root.der'));
    try {
      await writeFile(ca, `-----BEGIN CERTIFICATE-----\n${root.toString('base64')}\n-----END CERTIFICATE-----\n`);
      const told = await doctor();
      expect(told.code).toBe(1);
      expect(told.finding('marketplace')).toBe('marketplace/not-authentic');
      expect(told.finding('broker')).toBe('broker/not-authentic');
    } finally {
      await writeFile(ca, pinned);
    }
    expect((await decant(['config', 'check', '--file', config])).code).toBe(0);
  });
});

describe('at a machine that does not run', () => {
  test('doctor names each thing that is broken, and still looks at the others', async () => {
    await using elsewhere = await temporaryFolder();
    const copy = join(elsewhere.path, 'copy');
    await cp(folder.path, copy, {
      recursive: true,
      filter: (from) => from === folder.path || (/\/machine(\/|$)/.test(from) && !/\/run(\/|$)/.test(from)),
    });
    const machine = join(copy, 'machine');
    await chmod(join(machine, 'token', 'pin'), 0o644);
    const yaml = (await readFile(join(machine, 'machine.yaml'), 'utf8')).replace('label: machine', 'label: another');
    const nobody = yaml
      .replace(/esplora: .*/, 'esplora: http://127.0.0.1:9')
      .replace(/broker: .*/, 'broker: mqtts://127.0.0.1:9');
    await writeFile(
      join(machine, 'machine.yaml'),
      nobody.replace(/url: https.*/, 'url: https://127.0.0.1:9').replace(/port: \d+/, 'port: 9'),
    );
    const told = await doctor(copy);
    expect(told.code).toBe(1);
    expect(Object.fromEntries(told.checks.map(({ check, finding }) => [check, finding]))).toMatchObject({
      token: 'token/missing',
      pin: 'pin/open',
      cell: 'cell/silent',
      desk: 'desk/silent',
      marketplace: 'marketplace/silent',
      broker: 'broker/silent',
      payment: 'payment/silent',
      certificates: 'certificates/good',
      prekeys: 'needs/cell',
      journal: 'journal/good',
      clock: 'clock/alone',
    });
  });

  test('doctor says what could not be looked at without a configuration', async () => {
    await using empty = await temporaryFolder();
    const told = await doctor(empty.path);
    expect(told.code).toBe(1);
    expect(['state', 'config', 'token', 'pin', 'certificates'].map(told.finding)).toEqual([
      'state/missing',
      'config/missing',
      'needs/config',
      'pin/missing',
      'needs/provisioning',
    ]);
  });
});
