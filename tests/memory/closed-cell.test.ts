import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cellProcess } from '#cli/demo/demo.ts';
import type { DemoPlace } from '#cli/demo/demo-place.ts';
import type { DemoProcess } from '#cli/demo/demo-process.ts';
import { askCell } from '#cli/service-client.ts';
import { machineAtRest } from '#tests/integration/support/cell-alone.ts';
import { root, runNode, runProgram } from '#tests/run/program.ts';

const main = join(root, 'src', 'cli', 'main.ts');
const arguments_ = ['cell', '--state', '/does/not/exist', '--config', '/does/not/exist', '--pin', '/does/not/exist'];
const english = { ...process.env, LANG: 'C.UTF-8' };

describe('the cell as a process', () => {
  const stack = new AsyncDisposableStack();
  let place: DemoPlace;
  let cell: DemoProcess;

  beforeAll(async () => {
    place = await machineAtRest(stack);
    cell = stack.use(cellProcess(place, new AbortController().signal));
    await cell.start();
  });
  afterAll(() => stack.disposeAsync());

  test('dumps no core', async () => {
    const limits = await readFile(`/proc/${cell.pid ?? 0}/limits`, 'utf8');
    expect(limits).toMatch(/^Max core file size +0 +0 /m);
  });

  test('opens no debugger at SIGUSR1, and goes on', async () => {
    for (let i = 0; i < 3; i += 1) process.kill(cell.pid ?? 0, 'SIGUSR1');
    const service = join(place.sockets, 'service', 'service.sock');
    expect(await askCell(service, 'status', {})).toMatchObject({ state: 'idle' });
    expect(await readFile(join(place.logs, 'cell.log'), 'utf8')).not.toContain('Debugger listening');
  });
});

test('a process that does not guard itself opens one at SIGUSR1 (the check can fail)', async () => {
  await using bare = await started(`console.log('up'); setInterval(() => {}, 1000);`);
  bare.child.kill('SIGUSR1');
  const [said] = (await once(bare.child.stderr, 'data')) as [Buffer];
  expect(said.toString()).toMatch(/Debugger listening|Starting inspector/);
});

describe('the cell does not start, and says so with exit code 2,', () => {
  test.each([['--inspect=0'], ['--heapsnapshot-signal=SIGUSR2'], ['--report-on-signal'], ['--expose-gc']])(
    'under %s',
    async (flag) => {
      const { code, output } = await runNode([flag, main, ...arguments_], { env: english });
      expect(output).toContain('could be watched');
      expect(output).toContain(`"setting":"${flag.split('=')[0] ?? ''}"`);
      expect(code).toBe(2);
    },
  );

  test('under NODE_OPTIONS, whatever stands in it', async () => {
    const env = { ...english, NODE_OPTIONS: '--max-old-space-size=300' };
    const { code, output } = await runNode([main, ...arguments_], { env });
    expect(output).toContain('NODE_OPTIONS is set');
    expect(code).toBe(2);
  });
});

test('the decant command does not hand NODE_OPTIONS on', async () => {
  const env = { ...english, NODE_OPTIONS: '--max-old-space-size=300' };
  const { output } = await runNode([join(root, 'src', 'cli', 'decant.mjs'), ...arguments_], { env });
  expect(output).toContain('file');
  expect(output).not.toContain('process/debuggable');
});

test('LD_PRELOAD is noted', async () => {
  const { output } = await runNode([main, ...arguments_], { env: { ...english, LD_PRELOAD: 'libm.so.6' } });
  expect(output).toContain('LD_PRELOAD is set');
});

test('its memory cannot be read by another process of its account', async () => {
  const account = process.getuid?.() === 0 ? { account: { uid: 65_534, gid: 65_534 } } : {};
  const read = async (guard: string): Promise<string> => {
    await using other = await started(`${guard}; console.log('up'); setInterval(() => {}, 1000);`, account.account);
    const { output } = await runProgram('cat', [`/proc/${other.child.pid ?? 0}/maps`], account);
    return output;
  };
  const silent = `{ info() {}, warn() {}, error() {}, with() {} }`;
  const guard = `(await import('#shared/node/close-process.ts')).closeProcess(${silent})`;
  expect(await read('0')).toContain('[stack]');
  expect(await read(guard)).toMatch(/Permission denied/);
});

/** A process of these statements that has said a line. */
async function started(statements: string, account?: { readonly uid: number; readonly gid: number }) {
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', statements];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], ...account });
  await once(createInterface({ input: child.stdout }), 'line');
  const end = async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return { child, [Symbol.asyncDispose]: end };
}
