import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const file = 'process';
const patience = 60;

/** Writes down which process serves the broker's folder, and that it is a child of ours. */
export function noteBroker(folder: string, pid: number | undefined): Promise<void> {
  return writeFile(join(folder, file), `${pid ?? 0} ${process.pid}\n`, { mode: 0o600 });
}

/**
 * Ends the broker that a killed process left behind: it would hold the port. One whose parent lives is somebody's, and
 * stays.
 */
export async function endOrphanedBroker(folder: string): Promise<void> {
  const [pid = 0, parent = 0] = (await textOf(join(folder, file))).split(' ').map(Number);
  if (pid === 0 || !(await isOrphan(pid, parent, folder))) return;
  process.kill(pid, 'SIGTERM');
  for (let i = 0; i < patience && (await isOrphan(pid, parent, folder)); i += 1) await pause(50);
  if (await isOrphan(pid, parent, folder)) process.kill(pid, 'SIGKILL');
}

async function isOrphan(pid: number, parent: number, folder: string): Promise<boolean> {
  const command = await textOf(`/proc/${pid}/cmdline`);
  if (!command.includes(join(folder, 'mosquitto.conf'))) return false;
  // the second field is the name in brackets, which may hold anything
  const [, now] = (await textOf(`/proc/${pid}/stat`)).replace(/^.*\) /, '').split(' ');
  return Number(now) !== parent;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
