import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { root } from '../run/program.ts';

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const pins = JSON.parse(readFileSync(join(root, 'src', 'cli', 'toolchain.json'), 'utf8')) as {
  node: { version: string };
  npm: { version: string };
};

/** A checkout of its own, with stand-ins for what is fetched. */
describe('the set-up', () => {
  let checkout: string;

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'decant-setup-'));
    cpSync(join(root, 'src', 'cli'), join(checkout, 'src', 'cli'), {
      recursive: true,
      filter: (path) => !path.includes('demo'),
    });
    put('package.json', '{ "type": "module" }');
    put('package-lock.json', '{ "packages": {} }');
  });

  afterEach(() => {
    rmSync(checkout, { recursive: true, force: true });
  });

  test('--help names the commands and fetches nothing', async () => {
    const { code, stdout } = await bootstrap(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('npm start -- --once');
    expect(existsSync(join(checkout, '.toolchain'))).toBe(false);
  });

  test('--help of a command fetches nothing either', async () => {
    const { code, stdout } = await bootstrap(['bench', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('usage:');
    expect(existsSync(join(checkout, '.toolchain'))).toBe(false);
  });

  test('an unknown command ends with 2 and one sentence', async () => {
    expect(await bootstrap(['brew'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'decant: There is no command brew; --help lists them.\n',
    });
  });

  test('a package with another digest than the pinned one is refused and leaves nothing behind', async () => {
    const npm = join(checkout, 'bin', 'npm');
    put('bin/npm', '#!/bin/sh\nwhile [ "$1" != --pack-destination ]; do shift; done\necho other >"$2/package.tgz"\n');
    chmodSync(npm, 0o755);
    const { code, stderr } = await bootstrap(['check'], { PATH: `${join(checkout, 'bin')}:${path()}` });
    expect(code).toBe(1);
    expect(stderr).toContain('is not what this project pins; nothing of it was used');
    expect(readdirSync(join(checkout, '.toolchain'))).toEqual([]);
  });

  test('a registry that cannot be reached is named as the reason', async () => {
    put('bin/npm', '#!/bin/sh\necho npm error network >&2\nexit 1\n');
    chmodSync(join(checkout, 'bin', 'npm'), 0o755);
    const { code, stderr } = await bootstrap(['check'], { PATH: `${join(checkout, 'bin')}:${path()}` });
    expect(code).toBe(1);
    expect(stderr).toContain('npm error network');
    expect(stderr).toContain('is the npm registry reachable from here?');
  });

  test('a signal while something is fetched ends npm and the set-up, and leaves nothing behind', async () => {
    put('bin/npm', '#!/bin/sh\necho $$ >npm.new\nmv npm.new npm.pid\nexec sleep 60\n');
    chmodSync(join(checkout, 'bin', 'npm'), 0o755);
    const child = start(['check'], { PATH: `${join(checkout, 'bin')}:${path()}` });
    const end = ended(child);
    await once(child.stderr ?? child, 'data');
    await untilExists(join(checkout, 'npm.pid'));
    child.kill('SIGINT');
    expect(await end).toMatchObject({ code: 130, stderr: expect.stringMatching(/decant: stopped\.\n$/) as string });
    expect(readdirSync(join(checkout, '.toolchain'))).toEqual([]);
    const npm = Number(readFileSync(join(checkout, 'npm.pid'), 'utf8'));
    expect(() => process.kill(npm, 0)).toThrow('ESRCH');
  });

  describe('with everything there', () => {
    beforeEach(completeCheckout);

    test('it is silent, passes arguments on and keeps the exit code', async () => {
      put('tests/run/check.ts', 'console.log(JSON.stringify(process.argv.slice(2)));\nprocess.exitCode = 7;\n');
      expect(await bootstrap(['check', '--json', 'a b'])).toEqual({
        code: 7,
        stdout: '["--json","a b"]\n',
        stderr: '',
      });
    });

    test('NODE_OPTIONS from outside and npm names of the outer run do not reach the command', async () => {
      put('tests/run/check.ts', 'console.log(process.env.NODE_OPTIONS, process.env.npm_package_name);\n');
      const outside = { NODE_OPTIONS: '--no-warnings', npm_package_name: 'other' };
      expect((await bootstrap(['check'], outside)).stdout).toBe('undefined undefined\n');
    });

    test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
      '%s reaches the command, whose exit code stands',
      async (signal) => {
        put(
          'tests/run/check.ts',
          `process.on('${signal}', () => process.exit(9));\nsetInterval(() => {}, 1000);\nconsole.log('ready');\n`,
        );
        const child = start(['check']);
        const end = ended(child);
        await once(child.stdout ?? child, 'data');
        child.kill(signal);
        expect(await end).toEqual({ code: 9, stdout: 'ready\n', stderr: '' });
      },
    );

    test('two at once take turns, and a turn left by a dead process is taken over', async () => {
      put('tests/run/check.ts', "console.log('ran');\n");
      put('.toolchain/turn/pid', `${process.pid}\n`);
      const waiting = start(['check']);
      const end = ended(waiting);
      await once(waiting.stderr ?? waiting, 'data');
      const dead = spawn('true');
      await once(dead, 'close');
      put('.toolchain/turn/pid', `${dead.pid}\n`);
      const { code, stdout, stderr } = await end;
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'ran\n' });
      expect(stderr).toContain(`waiting for another set-up of this checkout (process ${process.pid})`);
      expect(existsSync(join(checkout, '.toolchain', 'turn'))).toBe(false);
    });

    test('a command that a signal ends gives the code a shell gives', async () => {
      put('tests/run/check.ts', "process.kill(process.pid, 'SIGKILL');\n");
      expect((await bootstrap(['check'])).code).toBe(137);
    });

    test('decant hands its arguments to the command line', async () => {
      put('src/cli/main.ts', 'console.log(process.argv.slice(2).join());\n');
      const child = spawn(process.execPath, [join(checkout, 'src', 'cli', 'decant.mjs'), 'status', '--json']);
      expect(await ended(child)).toEqual({ code: 0, stdout: 'status,--json\n', stderr: '' });
    });
  });

  test('without rights and without build tools the apt command is printed, and it ends with 2', async () => {
    // as root it would install them: a stranger runs it, with a Node from a folder that strangers may read
    const node = join(checkout, 'node');
    cpSync(process.execPath, node);
    chmodSync(checkout, 0o755);
    const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const { code, stderr } = await bootstrap(['check'], { PATH: '/nowhere' }, account, node);
    expect(stderr).toContain('apt-get install -y --no-install-recommends python3 make g++\n');
    expect(code).toBe(2);
  });

  /** The running Node under the pinned name, an npm that is never called, and no packages. */
  function completeCheckout(): void {
    put('.toolchain/node/package.json', JSON.stringify({ version: pins.node.version }));
    mkdirSync(join(checkout, '.toolchain', 'node', 'bin'));
    symlinkSync(process.execPath, join(checkout, '.toolchain', 'node', 'bin', 'node'));
    put('.toolchain/npm/package.json', JSON.stringify({ version: pins.npm.version }));
    put('.toolchain/npm/bin/npm-cli.js', 'process.exit(1);\n');
    const lock = createHash('sha256').update('{ "packages": {} }').digest('hex');
    put('node_modules/.decant-setup.json', JSON.stringify({ lock, node: pins.node.version }));
  }

  function put(name: string, text: string): void {
    const file = join(checkout, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  function start(
    args: string[],
    env: NodeJS.ProcessEnv = {},
    account: { uid?: number; gid?: number } = {},
    node = process.execPath,
  ): ChildProcess {
    const { npm_execpath: _, ...outer } = process.env;
    const script = join(checkout, 'src', 'cli', 'bootstrap.mjs');
    return spawn(node, [script, ...args], { cwd: checkout, env: { ...outer, ...env }, ...account });
  }

  function bootstrap(...args: Parameters<typeof start>): Promise<End> {
    return ended(start(...args));
  }
});

async function ended(child: ChildProcess): Promise<End> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

async function untilExists(file: string): Promise<void> {
  await vi.waitUntil(() => existsSync(file), { timeout: 10_000, interval: 5 });
}

function path(): string {
  return process.env['PATH'] ?? '';
}
