import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNodeSerialPort } from '#firmware-bridge/bridge/node-serial-port.ts';
import { freePty } from '#tests/support/free-pty.ts';
import { lookAtPort } from './look-at-port.ts';

describe('a look at a serial port', () => {
  let pty: ReturnType<typeof freePty>;
  beforeEach(() => {
    pty = freePty();
  });
  afterEach(() => pty[Symbol.dispose]());

  it('finds nothing wrong with one that is free', async () => {
    await expect(lookAtPort(pty.path)).resolves.toBeUndefined();
  });

  it('misses one that is not there', async () => {
    await expect(lookAtPort('/dev/serial/by-id/usb-none')).rejects.toThrow(
      'dispenser/port-unavailable (port=/dev/serial/by-id/usb-none, reason=missing)',
    );
  });

  it('takes a file for no port', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'decant-port-'));
    await writeFile(join(folder, 'port'), '');
    await expect(lookAtPort(join(folder, 'port'))).rejects.toThrow('reason=unusable');
    await rm(folder, { recursive: true });
  });

  it('tells that this account may not open it', async () => {
    const refused = () => Promise.reject(new Error('EACCES'));
    await expect(lookAtPort(pty.path, refused)).rejects.toThrow('reason=not-permitted');
  });

  it('names the program that has locked it, as this driver does', async () => {
    const port = await openNodeSerialPort(pty.path, 250_000);
    await expect(lookAtPort(pty.path)).rejects.toThrow(new RegExp(`reason=busy, by=.+ \\(${process.pid}\\)`));
    await port.close();
    await expect(lookAtPort(pty.path)).resolves.toBeUndefined();
  });

  it('names a program that has it open without a lock', async () => {
    const port = openSync(pty.path, 'r+');
    const program = spawn('sleep', ['60'], { stdio: [port, 'ignore', 'ignore'] });
    closeSync(port);
    await expect(lookAtPort(pty.path)).rejects.toThrow(`reason=busy, by=sleep (${program.pid})`);
    program.kill('SIGKILL');
    await once(program, 'exit');
  });
});
