import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { scanMemory } from '#cli/memory/scan-memory.ts';
import { benchBoard } from '#tests/support/bridge-bench.ts';
import { canaryForms } from './support/canary-forms.ts';

const program = fileURLToPath(new URL('./support/bridge-memory-host.ts', import.meta.url));
const tickUs = 16;

interface Step {
  readonly startUs: number;
  readonly stopUs: number;
}

/** Two steps on whole ticks, whose times are of no round numbers. */
function secretSteps(): readonly [Step, Step] {
  const one = (): Step => {
    const start = randomInt(0x1101, 0x1fff) | 0x101;
    return { startUs: start * tickUs, stopUs: (start + (randomInt(0x5101, 0x6fff) | 0x101)) * tickUs };
  };
  return [one(), one()];
}

const le = (...values: readonly number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);
const ticks = (us: number): number => us / tickUs;

/** Byte strings that the numbers of these steps would make where they lie: in columns, on the line, in numbers of the engine. */
function traces([a, b]: readonly [Step, Step]): Record<string, Uint8Array> {
  const drive = Buffer.of(0xe8, 0x03);
  const on = [a.stopUs - a.startUs, b.stopUs - b.startUs] as const;
  const found: Record<string, Uint8Array> = {
    'columns of steps, stop': le(a.stopUs, b.stopUs),
    'columns of steps, start': le(a.startUs, b.startUs),
    'columns of doses': le(...on),
  };
  for (const [name, step, onUs] of [
    ['a', a, on[0]],
    ['b', b, on[1]],
  ] as const) {
    const sent = [le(ticks(step.startUs)), le(ticks(step.stopUs))] as const;
    const told = le(ticks(onUs));
    found[`row ${name} as sent, plain`] = Buffer.concat([drive, ...sent]);
    // two bytes, the zeros above them, and in the place of zeros the way to the next (COBS)
    found[`row ${name} as sent, on the line`] = Buffer.concat([
      drive,
      sent[0].subarray(0, 2),
      Buffer.of(1, 3),
      sent[1].subarray(0, 2),
    ]);
    found[`row ${name} as told, plain`] = Buffer.concat([drive, told]);
    for (const us of [step.startUs, step.stopUs, onUs]) {
      found[`${name} ${us} as a number on the heap`] = canaryForms['float64 le'](us);
      found[`${name} ${us} as a small number`] = canaryForms.smi32(us);
    }
  }
  return found;
}

/** What is found in a host's memory that was not there before: after the job, and when all is wiped. */
async function search(options: readonly string[]): Promise<{ pouring: string[]; after: string[] }> {
  await using board = await benchBoard();
  const steps = secretSteps();
  const file = join(inject('runFolder'), `steps-${randomInt(1e9)}`);
  await writeFile(file, le(...steps.flatMap(({ startUs, stopUs }) => [startUs, stopUs])));
  const host = spawn(process.execPath, [program, board.path, file, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  const sought = traces(steps);
  const look = (): string[] => {
    const { copies } = scanMemory(host.pid ?? 0, Object.values(sought));
    return Object.keys(sought).filter((_, i) => (copies[i]?.count ?? 0) > 0);
  };
  try {
    const said = async (): Promise<unknown> => (await lines.next()).value;
    expect(await said()).toBe('ready');
    const before = look();
    host.stdin.write('pour\n');
    expect(await said()).toBe('done 2');
    const pouring = look();
    host.stdin.write('wipe\n');
    expect(await said()).toMatch(/^wiped/);
    const ofJob = (found: readonly string[]): string[] => found.filter((each) => !before.includes(each));
    return { pouring: ofJob(pouring), after: ofJob(look()) };
  } finally {
    const gone = once(host, 'exit');
    host.kill('SIGKILL');
    await gone;
  }
}

test('after a job nothing of its steps and of what it executed is left in the host that talked to the board', async () => {
  const { pouring, after } = await search([]);
  for (const column of ['steps, stop', 'steps, start', 'doses']) expect(pouring).toContain(`columns of ${column}`);
  // a small number turns up by chance now and then; another host finds other numbers by chance, and a leak again
  const left = after.length === 0 ? after : (await search([])).after.filter((each) => after.includes(each));
  expect(left).toEqual([]);
});

test('a host that keeps what its port reads and writes is found out (the search can fail)', async () => {
  const { after } = await search(['--leaky']);
  for (const row of ['a', 'b']) expect(after).toContain(`row ${row} as sent, on the line`);
});
