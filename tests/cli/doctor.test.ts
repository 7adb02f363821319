import { chmod, cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { DemoCustomer } from '#cli/demo/demo-customer.ts';
import { withFreePorts } from '#cli/demo/demo-ports.ts';
import { type Demo, startDemo } from '#cli/demo/demo.ts';
import { openNodeSerialPort } from '#firmware-bridge/bridge/node-serial-port.ts';
import { freePty } from '#tests/support/free-pty.ts';
import type { MachineConfigSource } from '#wire/machine-config.ts';
import { decant, temporaryFolder } from './decant.ts';

interface Told {
  readonly bad: number;
  readonly checks: readonly {
    readonly check: string;
    readonly state: string;
    readonly finding: string;
    readonly facts: Readonly<Record<string, string>>;
  }[];
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

/** A copy of the machine that does not run, its machine.yaml changed. */
async function copyOfMachine(to: string, change: (yaml: string) => string): Promise<string> {
  const copy = join(to, 'copy');
  await cp(folder.path, copy, {
    recursive: true,
    filter: (from) => from === folder.path || (/\/machine(\/|$)/.test(from) && !/\/run(\/|$)/.test(from)),
  });
  const file = join(copy, 'machine', 'machine.yaml');
  await writeFile(file, change(await readFile(file, 'utf8')));
  return copy;
}

/** Machine.yaml with its pumps on another driver, one after the other on `pins`. */
function hungOn(yaml: string, driver: object, pins: (pump: number) => string, hardware: object = {}): string {
  const config = parse(yaml) as MachineConfigSource;
  delete config.simulation;
  for (const [i, pump] of config.pumps.entries()) {
    Object.assign(pump, driver, { pin: pins(i), flow: pump.flow.slice(-1) });
  }
  return stringify({ ...config, hardware });
}

describe('at a machine whose pumps hang on real lines', () => {
  test.each([
    ['a serial port that is not there', '/dev/serial/by-id/usb-none', 'pumps/port-missing'],
    ['a port that is a file', '/etc/hostname', 'pumps/port-unusable'],
  ])('doctor names %s, and what to do, in either language', async (_, port, finding) => {
    await using elsewhere = await temporaryFolder();
    const copy = await copyOfMachine(elsewhere.path, (yaml) =>
      hungOn(yaml, { driver: 'bridge', port }, (pump) => `D${pump + 2}`),
    );
    const told = await doctor(copy);
    expect([told.code, told.finding('pumps')]).toEqual([1, finding]);
    const { out } = await decant(['doctor', '--state', copy], { env: { LANG: 'de_DE.UTF-8' } });
    expect(out).toMatch(new RegExp(`^✗ Pumpen +${port} ist .+\\n +→ .*machine\\.yaml`, 'm'));
  });

  test('doctor names who has the serial port, and finds nothing wrong with it afterwards', async () => {
    await using elsewhere = await temporaryFolder();
    using pty = freePty();
    const copy = await copyOfMachine(elsewhere.path, (yaml) =>
      hungOn(yaml, { driver: 'bridge', port: pty.path }, (pump) => `D${pump + 2}`),
    );
    const port = await openNodeSerialPort(pty.path, 250_000);
    const busy = (await doctor(copy)).checks.find(({ check }) => check === 'pumps');
    expect(busy).toMatchObject({ state: 'bad', finding: 'pumps/port-busy' });
    expect(busy?.facts['by']).toContain(`(${process.pid})`);
    await port.close();
    expect((await doctor(copy)).finding('pumps')).toBe('pumps/good');
  });

  test.each(['gpio', 'gpio-cdev'])('doctor misses the chip of the driver %s', async (driver) => {
    await using elsewhere = await temporaryFolder();
    const copy = await copyOfMachine(elsewhere.path, (yaml) =>
      hungOn(yaml, { driver }, (pump) => `gpio.${pump + 2}`, { chip: 'nobodys-chip' }),
    );
    const told = await doctor(copy);
    expect([told.code, told.finding('pumps')]).toEqual([1, 'pumps/no-chip']);
  });
});

describe('at a machine that does not run', () => {
  test('doctor names each thing that is broken, and still looks at the others', async () => {
    await using elsewhere = await temporaryFolder();
    const copy = await copyOfMachine(elsewhere.path, (yaml) => yaml);
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
