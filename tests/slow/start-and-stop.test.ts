import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { processesNaming } from '../integration/support/processes.ts';
import { root } from '../run/program.ts';

/** Runs its arguments on a terminal of their own, which is fed from stdin: a control-C there is a keystroke. */
const onTerminal = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
const controlC = '\u0003';
const anyPorts = ['touchscreen', 'wallet', 'esplora', 'marketplace', 'broker'].flatMap((name) => [
  `--${name}-port`,
  '0',
]);

type Terminal = ChildProcessByStdio<Writable, Readable, null>;

describe('npm start at a terminal', () => {
  let state: string;

  beforeAll(() => {
    state = mkdtempSync(join(tmpdir(), 'decant-start-'));
  });

  afterAll(() => {
    rmSync(state, { recursive: true, force: true });
  });

  test('ends at a control-C while it provisions, leaves no process behind, and starts the next time', async () => {
    const interrupted = start();
    await vi.waitFor(manyProcesses, { timeout: 30_000 });
    await stopped(interrupted);
    expect(await processesNaming(state)).toEqual([]);
    const again = start();
    expect(await touchscreenOf(again)).toContain('http://');
    await stopped(again);
  });

  test('ends at one control-C, and leaves no process behind', async () => {
    const child = start();
    await touchscreenOf(child);
    await manyProcesses();
    await stopped(child);
    expect(await processesNaming(state)).toEqual([]);
  });

  test('answers the first page within 6 s when it was provisioned before', async () => {
    const seconds: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const begun = performance.now();
      const child = start();
      const page = await fetch(await touchscreenOf(child));
      seconds.push((performance.now() - begun) / 1000);
      expect(await page.text()).toContain('<html');
      await stopped(child);
    }
    const told = seconds.map((each) => each.toFixed(1)).join(', ');
    process.stdout.write(`first page after ${told} s, load ${loadavg()[0]?.toFixed(1)}\n`);
    // the quickest: what else runs on the machine only adds
    expect(Math.min(...seconds)).toBeLessThan(6);
  });

  /** npm, the set-up, the command line and at least two of its processes. */
  async function manyProcesses(): Promise<void> {
    expect((await processesNaming(state)).length).toBeGreaterThan(5);
  }

  function start(): Terminal {
    const command = ['npm', 'start', '--', '--state', state, ...anyPorts];
    return spawn('python3', ['-c', onTerminal, ...command], { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  }
});

/** The address that it prints when it answers. */
async function touchscreenOf(child: Terminal): Promise<string> {
  let said = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    const [, address] = /touchscreen +(http\S+)/.exec(said) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`npm start ended early:\n${said}`);
}

/** Types control-C and waits for the end of npm, whose exit code is not ours to choose. */
async function stopped(child: Terminal): Promise<void> {
  const end = once(child, 'exit');
  child.stdout.resume();
  child.stdin.write(controlC);
  await end;
}
