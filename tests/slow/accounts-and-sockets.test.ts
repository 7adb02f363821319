import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, type ProgramEnd, root, runProgram } from '../run/program.ts';

/** The users and folders of an installed machine, made below a folder instead of `/`; needs root. */
describe('users and socket folders', () => {
  let machine: string;
  let groups: Map<string, number>;

  beforeAll(async () => {
    machine = mkdtempSync(join(tmpdir(), 'decant-machine-'));
    chmodSync(machine, 0o755);
    mkdirSync(join(machine, 'etc'));
    const files = { sysusers: 'decant.sysusers.conf', tmpfiles: 'decant.tmpfiles.conf' };
    for (const [kind, file] of Object.entries(files)) {
      cpSync(join(root, 'systemd', file), join(machine, 'usr', 'lib', `${kind}.d`, 'decant.conf'));
    }
    await must('systemd-sysusers', [`--root=${machine}`, 'decant.conf']);
    await must('systemd-tmpfiles', [`--root=${machine}`, '--create', 'decant.conf']);
    groups = idsIn('group');
  });

  afterAll(() => {
    rmSync(machine, { recursive: true, force: true });
  });

  test.each([
    ['run/decant/cell', 'decant-desk'],
    ['run/decant/service', 'decant-service'],
  ])('%s belongs to the cell and is open to %s alone', (path, group) => {
    const folder = statSync(join(machine, path));
    expect((folder.mode & 0o7777).toString(8)).toBe('2750');
    expect(folder.uid).toBe(idsIn('passwd').get('decant-cell'));
    expect(folder.gid).toBe(groups.get(group));
  });

  test('desk reaches a socket in the cell folder, and none in the service folder', async () => {
    expect(await reaches('run/decant/cell', 'decant-desk')).toBe(true);
    expect(await reaches('run/decant/service', 'decant-desk')).toBe(false);
  });

  test('a member of decant-service reaches the service socket, and not the cell socket', async () => {
    expect(await reaches('run/decant/service', 'decant-service')).toBe(true);
    expect(await reaches('run/decant/cell', 'decant-service')).toBe(false);
  });

  /** Has the cell make a socket in `folder` as its unit lets it, and somebody of `group` connect to it. */
  async function reaches(folder: string, group: string): Promise<boolean> {
    const socket = join(machine, folder, 'try.sock');
    rmSync(socket, { force: true });
    const cell = { uid: idsIn('passwd').get('decant-cell') ?? -1, gid: groups.get('decant-cell') ?? -1 };
    const made = await python(cell, 'os.umask(0o007); peer.bind(sys.argv[1])', socket);
    expect(made).toEqual({ code: 0, output: '' });
    // nobody listens: who may connect is refused for that, who may not is refused before
    const someone = { uid: idsIn('passwd').get(group) ?? 65534, gid: groups.get(group) ?? -1 };
    const { output } = await python(someone, 'peer.connect(sys.argv[1])', socket);
    expect(output).toMatch(/ConnectionRefusedError|PermissionError/);
    return output.includes('ConnectionRefusedError');
  }

  function idsIn(file: 'group' | 'passwd'): Map<string, number> {
    const lines = readFileSync(join(machine, 'etc', file), 'utf8')
      .trim()
      .split('\n');
    return new Map(lines.map((line) => [line.split(':')[0] ?? '', Number(line.split(':')[2])]));
  }
});

function python(account: Account, statement: string, socket: string): Promise<ProgramEnd> {
  const script = `import os, socket, sys; peer = socket.socket(socket.AF_UNIX); ${statement}`;
  return runProgram('/usr/bin/python3', ['-c', script, socket], { account });
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runProgram(program, args);
  if (code !== 0) throw new Error(`${program} ended with ${code}\n${output}`);
}
