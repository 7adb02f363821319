import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root, runProgram } from '../run/program.ts';

const units = ['decant-cell.service', 'decant-desk.service'] as const;
const analyzerIsHere = existsSync('/usr/bin/systemd-analyze');

describe('the service units', () => {
  const cell = settings('decant-cell.service');
  const desk = settings('decant-desk.service');

  test('the cell has no network and speaks only over Unix sockets', () => {
    expect(cell.get('PrivateNetwork')).toEqual(['yes']);
    expect(cell.get('RestrictAddressFamilies')).toEqual(['AF_UNIX']);
  });

  test('the cell reaches outputs and no other device', () => {
    expect(cell.get('DevicePolicy')).toEqual(['closed']);
    expect(cell.get('DeviceAllow')?.toSorted()).toEqual([
      'char-gpiochip rw',
      'char-ttyACM rw',
      'char-ttyAMA rw',
      'char-ttyUSB rw',
    ]);
  });

  test('what exports the lines of sysfs switches them off again when the cell has ended', () => {
    const dropIn = settings('drop-ins/sysfs-gpio.conf');
    expect(dropIn.get('ExecStartPre')).toEqual(dropIn.get('ExecStopPost'));
  });

  test('only the cell is given the PIN', () => {
    expect(cell.get('LoadCredential')).toEqual(['hsm-pin:decant.hsm-pin']);
    expect([...desk.keys()].filter((name) => name.startsWith('LoadCredential'))).toEqual([]);
  });

  test('desk has no device, and neither the state nor the console socket of the cell', () => {
    expect(desk.get('PrivateDevices')).toEqual(['yes']);
    expect(desk.get('DeviceAllow')).toBeUndefined();
    expect(desk.get('InaccessiblePaths')?.join(' ')).toContain('/var/lib/decant/cell');
    expect(desk.get('Environment')?.join(' ')).not.toContain('service.sock');
  });

  test('the cell dumps no core, is not swapped, may lock its buffers, and gets no variable that changes what it runs', () => {
    expect(cell.get('LimitCORE')).toEqual(['0']);
    expect(cell.get('MemorySwapMax')).toEqual(['0']);
    expect(cell.get('LimitMEMLOCK')).toEqual(['16M']);
    expect(cell.get('UnsetEnvironment')?.join(' ').split(' ')).toEqual(
      expect.arrayContaining(['NODE_OPTIONS', 'LD_PRELOAD', 'LD_LIBRARY_PATH']),
    );
  });

  test('both go before other work on the computer, the cell first: a stop must not wait for it', () => {
    expect([Number(cell.get('Nice')), Number(desk.get('Nice'))]).toEqual([-10, -5]);
  });

  test('the two run as different users', () => {
    expect(cell.get('User')).toEqual(['decant-cell']);
    expect(desk.get('User')).toEqual(['decant-desk']);
  });

  test.each(units)('%s starts the pinned Node on the command line of this project', (name) => {
    const [start = ''] = settings(name).get('ExecStart') ?? [];
    const [node, flag, script, command] = start.split(' ');
    expect(node).toBe('/opt/decant/.toolchain/node/bin/node');
    expect(flag).toBe('--disable-sigusr1');
    expect(script).toBe('/opt/decant/src/cli/main.ts');
    expect(`decant-${command}.service`).toBe(name);
  });

  if (analyzerIsHere)
    describe('under systemd-analyze', () => {
      analyzed();
    });
});

function analyzed(): void {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'decant-units-'));
    const place = join(folder, 'opt');
    const node = join(place, '.toolchain', 'node', 'bin', 'node');
    mkdirSync(dirname(node), { recursive: true });
    writeFileSync(node, '#!/bin/sh\n');
    chmodSync(node, 0o755);
    cpSync(join(root, 'systemd', 'export-lines'), join(place, 'systemd', 'export-lines'));
    for (const name of units) {
      const text = readFileSync(join(root, 'systemd', name), 'utf8');
      writeFileSync(join(folder, name), text.replaceAll('/opt/decant', place));
    }
    const dropIns = join(folder, 'decant-cell.service.d');
    cpSync(join(root, 'systemd', 'drop-ins'), dropIns, { recursive: true });
    const sysfs = readFileSync(join(dropIns, 'sysfs-gpio.conf'), 'utf8');
    writeFileSync(join(dropIns, 'sysfs-gpio.conf'), sysfs.replaceAll('/opt/decant', place));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(units)('%s, with every drop-in, raises no complaint', async (name) => {
    expect(await runProgram('systemd-analyze', ['verify', '--man=no', join(folder, name)])).toEqual({
      code: 0,
      output: '',
    });
  });

  test.each(units)('%s has an exposure of at most 2.0', async (name) => {
    const args = ['security', '--offline=true', '--threshold=20', '--no-pager', join(root, 'systemd', name)];
    const { code, output } = await runProgram('systemd-analyze', args);
    expect(output).toContain('Overall exposure level');
    expect(code).toBe(0);
  });

  test('an exposed unit is over that threshold (the check can fail)', async () => {
    const bare = join(folder, 'bare.service');
    writeFileSync(bare, '[Service]\nExecStart=/bin/sh\n');
    const { code } = await runProgram('systemd-analyze', ['security', '--offline=true', '--threshold=20', bare]);
    expect(code).not.toBe(0);
  });
}

/** The settings of a unit file: name to its values in order. */
function settings(name: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of readFileSync(join(root, 'systemd', name), 'utf8').split('\n')) {
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) found.set(key, [...(found.get(key) ?? []), value]);
  }
  return found;
}
