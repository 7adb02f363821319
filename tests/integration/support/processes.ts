import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';

/** Ids of the processes whose command line names `path` (a state folder, say); ours is not among them. */
export async function processesNaming(path: string): Promise<{ readonly pid: number; readonly command: string }[]> {
  const found = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .map(async (name) => ({ pid: Number(name), command: await commandLine(name) })),
  );
  return found.filter(({ command }) => command.includes(path));
}

/** Whether something listens on this port of the loopback interface. */
export async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function commandLine(pid: string): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
  } catch {
    // ended meanwhile
    return '';
  }
}
