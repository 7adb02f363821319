import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { scanMemory } from '#cli/memory/scan-memory.ts';
import { root, runProgram } from '../run/program.ts';
import { decant, main } from './decant.ts';

const secret = 'c7a1f35be902d8846e1b7740fa953cd2';
const absent = '5e0d9bb3a4c86f127d39e8516ac204fb';

/** A process with three copies of `secret` that stand in no text. */
async function holder(): Promise<AsyncDisposable & { child: ChildProcess; pid: number }> {
  const masked = [...Buffer.from(secret, 'hex')].map((byte) => byte ^ 0xff);
  const script = `
    const masked = ${JSON.stringify(masked)};
    const large = Buffer.alloc(9 << 20);
    // of a size that V8 leaves where it is; the last across a window of the search
    globalThis.kept = [[Buffer.alloc(4096), 0], [Buffer.alloc(4096), 11], [large, (3 << 20) - 5]];
    for (const [bytes, at] of kept) masked.forEach((byte, i) => { bytes[at + i] = byte ^ 0xff; });
    // where the kernel lets only parents look (Yama), let everybody of our account
    const prctl = require('koffi').load(null).func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)');
    prctl(0x59616d61, 2n ** 64n - 1n, 0, 0, 0);
    console.log('up');
    setInterval(() => {}, 1000);
  `;
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const child = spawn(process.execPath, ['-e', script], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const end = async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return { child, pid: child.pid ?? 0, [Symbol.asyncDispose]: end };
}

describe('decant memory-scan', () => {
  test('counts copies, also where one lies across two windows', async () => {
    await using process = await holder();
    const { copies, bytes, regions } = scanMemory(process.pid, [
      Buffer.from(secret, 'hex'),
      Buffer.from(absent, 'hex'),
    ]);
    expect(copies.map(({ count }) => count)).toEqual([3, 0]);
    expect(copies[0]?.addresses).toHaveLength(3);
    expect(bytes).toBeGreaterThan(9 << 20);
    expect(regions).toBeGreaterThan(20);
  });

  test('says what it found, exit code 1, and nothing, exit code 0', async () => {
    await using process = await holder();
    const pid = String(process.pid);
    const found = await decant(['memory-scan', '--pid', pid, '--hex', secret, absent, '--json']);
    expect(found.err).toBe('');
    expect(JSON.parse(found.out)).toMatchObject({ pid: process.pid, copies: [{ count: 3 }, { count: 0, where: {} }] });
    expect(found.code).toBe(1);
    const nothing = await decant(['memory-scan', '--pid', pid, '--hex', absent]);
    expect(nothing.out).toMatch(/^\d+ regions, [\d.]+ MB searched\n(not readable: .*\n)*canary 1: 0 copies\n$/);
    expect(nothing.code).toBe(0);
  });

  test('takes canaries from stdin, where nobody sees them', async () => {
    await using process = await holder();
    const script = `echo ${secret} | "$0" --disable-warning=ExperimentalWarning "$1" memory-scan --pid "$2" --hex - --json`;
    const { code, output } = await runProgram('sh', [
      '-c',
      script,
      globalThis.process.execPath,
      main,
      String(process.pid),
    ]);
    expect(JSON.parse(output)).toMatchObject({ copies: [{ count: 3 }] });
    expect(code).toBe(1);
  });

  test('does not search itself, which holds what it looks for', async () => {
    const script = `exec "$0" --disable-warning=ExperimentalWarning "$1" memory-scan --pid $$ --hex ${secret}`;
    const { code, output } = await runProgram('sh', ['-c', script, process.execPath, main], {
      env: { ...process.env, LANG: 'C.UTF-8' },
    });
    expect(output).toContain('usage/option-wrong');
    expect(code).toBe(2);
  });

  test('says in one sentence that it may not, exit code 2', async () => {
    // another account's process, whoever we are
    const root = process.getuid?.() === 0;
    const pid = root ? process.pid : 1;
    const { code, output } = await runProgram(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, 'memory-scan', '--pid', String(pid), '--hex', secret],
      { ...(root ? { account: { uid: 65_534, gid: 65_534 } } : {}), env: { ...process.env, LANG: 'C.UTF-8' } },
    );
    expect(output).toMatch(
      /^The memory of process \d+ may not be read \(E[A-Z]+\)\. .+\[memory\/not-permitted: E[A-Z]+\]\n$/,
    );
    expect(code).toBe(2);
  });
});
