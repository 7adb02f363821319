import { constants } from 'node:fs';
import { access, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '#shared/failure.ts';

/**
 * Looks whether the driver could open a serial port, without opening it: that would raise DTR, which resets many boards. Who else has it
 * is told as far as this account may know: locks of every program, open files of its own ones (of all for root).
 * @throws Failure `dispenser/port-unavailable` {port, reason: 'missing' | 'not-permitted' | 'busy' | 'unusable', by}
 */
export async function lookAtPort(port: string, may: typeof access = access): Promise<void> {
  const trouble = (reason: string, by = ''): Failure =>
    new Failure('dispenser/port-unavailable', { port, reason, ...(by === '' ? {} : { by }) });
  const device = await realpath(port).catch(() => null);
  if (device === null) throw trouble('missing');
  if (!(await stat(device)).isCharacterDevice()) throw trouble('unusable');
  await may(device, constants.R_OK | constants.W_OK).catch(() => {
    throw trouble('not-permitted');
  });
  const by = (await lockedBy(device)) ?? (await openedBy(device));
  if (by !== null) throw trouble('busy', await nameOf(by));
}

/** The process with a lock on the device, by /proc/locks: `1: FLOCK ADVISORY WRITE 4711 00:18:7 0 EOF`, device numbers in hex. */
async function lockedBy(device: string): Promise<string | null> {
  const { dev, ino } = await stat(device);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const file = [major, minor].map((number) => number.toString(16).padStart(2, '0')).join(':');
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '');
  const line = locks.split('\n').find((one) => one.includes(` FLOCK `) && one.includes(` ${file}:${ino} `));
  return line?.trim().split(/\s+/)[4] ?? null;
}

/** A process other than this one that has the device open. */
async function openedBy(device: string): Promise<string | null> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  for (const id of processes) {
    const folder = join('/proc', id, 'fd');
    const open = await readdir(folder).catch(() => []);
    const files = await Promise.all(open.map((name) => readlink(join(folder, name)).catch(() => '')));
    if (files.includes(device)) return id;
  }
  return null;
}

/** `minicom (4711)`; empty for a process that is not to be seen from here. */
async function nameOf(id: string): Promise<string> {
  const name = (await readFile(join('/proc', id, 'comm'), 'utf8').catch(() => '')).trim();
  return name === '' ? '' : `${name} (${id})`;
}
