import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { root, runProgram } from '../run/program.ts';

const script = join(root, 'systemd', 'install.sh');
const exportLines = join(root, 'systemd', 'export-lines');

describe('install.sh', () => {
  test('a dry run names every file it would write and writes none', async () => {
    const { code, output } = await runProgram('bash', [script, '--dry-run']);
    expect(code).toBe(0);
    expect(output).toContain('copy the project to /opt/decant');
    expect(output).toContain('socket folders in /run/decant');
    expect(output).not.toContain('systemctl enable --now\n');
  });

  test('--uninstall keeps state, configuration and PIN', async () => {
    const { code, output } = await runProgram('bash', [script, '--uninstall', '--dry-run']);
    expect(code).toBe(0);
    expect(output).toContain('kept: /var/lib/decant');
    expect(output).not.toMatch(/rm .*(\/var\/lib|credstore|\/etc\/decant)/);
  });

  test('an unknown option ends with 2 and one sentence', async () => {
    const { code, output } = await runProgram('bash', [script, '--remove']);
    expect(code).toBe(2);
    expect(output).toBe('install.sh: there is no option --remove; --help lists them.\n');
  });
});

describe('export-lines', () => {
  let gpio: string;

  beforeEach(() => {
    gpio = mkdtempSync(join(tmpdir(), 'decant-gpio-'));
    chip('gpiochip512', 'pinctrl-bcm2835', 512);
    chip('gpiochip570', 'expander', 570);
    line(529);
  });

  afterEach(() => {
    rmSync(gpio, { recursive: true, force: true });
  });

  test('a line is found by the label of its chip, whatever number the chip starts at, and switched off', async () => {
    const { code, output } = await run('pinctrl-bcm2835:17:high');
    expect({ code, output }).toEqual({ code: 0, output: '' });
    expect(readFileSync(join(gpio, 'gpio529', 'direction'), 'utf8')).toBe('high\n');
    expect(existsSync(join(gpio, 'export'))).toBe(false);
  });

  test('an input is exported as one', async () => {
    writeFileSync(join(gpio, 'gpio529', 'direction'), 'out\n');
    expect((await run('pinctrl-bcm2835:17:in')).code).toBe(0);
    expect(readFileSync(join(gpio, 'gpio529', 'direction'), 'utf8')).toBe('in\n');
  });

  test('an unknown chip is named', async () => {
    expect(await run('pinctrl-bcm2711:17:low')).toEqual({
      code: 1,
      output: 'export-lines: no GPIO chip is labelled pinctrl-bcm2711\n',
    });
  });

  test('a level other than low and high is refused before anything is exported', async () => {
    expect((await run('pinctrl-bcm2835:17:on')).code).toBe(2);
    expect(readFileSync(join(gpio, 'gpio529', 'direction'), 'utf8')).toBe('in\n');
  });

  /** `chgrp` needs rights and a group that a test machine lacks: one that does nothing stands in its place. */
  function run(...lines: string[]): ReturnType<typeof runProgram> {
    const programs = join(gpio, 'bin');
    mkdirSync(programs);
    writeFileSync(join(programs, 'chgrp'), '#!/bin/sh\n');
    chmodSync(join(programs, 'chgrp'), 0o755);
    const env = { ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}`, DECANT_SYSFS_GPIO: gpio };
    return runProgram('sh', [exportLines, ...lines], { env });
  }

  function chip(name: string, label: string, base: number): void {
    mkdirSync(join(gpio, name));
    writeFileSync(join(gpio, name, 'label'), `${label}\n`);
    writeFileSync(join(gpio, name, 'base'), `${base}\n`);
  }

  function line(number: number): void {
    mkdirSync(join(gpio, `gpio${number}`));
    writeFileSync(join(gpio, `gpio${number}`, 'direction'), 'in\n');
  }
});
