import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { askCell } from '#cli/service-client.ts';
import { machinePlace } from '#cli/machine-place.ts';
import { MachineOnPaper } from '#tests/integration/support/machine-on-paper.ts';
import { eventually } from '#tests/integration/world.ts';
import type { MachineConfigSource } from '#wire/machine-config.ts';
import { decant, type Ended, main, type Surroundings } from './decant.ts';

/** The real cell as a process of its own, with simulated pumps; a technician at its console. */
let machine: MachineOnPaper;

beforeAll(async () => {
  machine = await MachineOnPaper.start();
  const config = parse(await readFile(machine.place.config, 'utf8')) as MachineConfigSource;
  const pumps = config.pumps.map((pump, i) => ({
    ...pump,
    dead_volume_ul: 20_000,
    hose: { hours: 100, ml: 1_000_000 },
    ...(i === 2 ? { cleaning: { every_hours: 24, product: 'Acid A', contact_seconds: 5, rinse_ul: 60_000 } } : {}),
  }));
  const simulation = { seed: 1, speed: 20, noise: true };
  await writeFile(machine.place.config, stringify({ ...config, pumps, simulation }));
  await machine.restart();
});
afterAll(() => machine[Symbol.asyncDispose]());

const at = (args: readonly string[], surroundings?: Surroundings): Promise<Ended> =>
  decant([...args, '--state', machine.place.root], surroundings);
const json = async <T>(args: readonly string[], surroundings?: Surroundings): Promise<T> =>
  JSON.parse((await at([...args, '--json'], surroundings)).out) as T;
const status = () => askCell(machinePlace(machine.place.root).serviceSocket, 'status', {});
const ended = async () => (await machine.journal()).findLast(({ kind }) => kind === 'SERVICE_ENDED');

/** The command as a process that a test may end. */
function begun(args: readonly string[]): ChildProcess {
  return spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, ...args, '--state', machine.place.root],
    {
      stdio: 'ignore',
      env: { ...process.env, LANG: 'C.UTF-8' },
    },
  );
}

describe('decant pump', () => {
  test('runs pumps under a job of its own and says what they moved', async () => {
    const { code, out, err } = await at(['pump', 'test', '1', '2', '--who', 'Ada']);
    expect({ code, out }).toEqual({
      code: 0,
      out: 'line 1: 10.0 ml moved, by the calibration\nline 2: 10.0 ml moved, by the calibration\n',
    });
    expect(err).toContain('line 1, 2: 0 %');
    const entries = await machine.journal();
    expect(entries.findLast(({ kind }) => kind === 'SERVICE_STARTED')).toMatchObject({ program: 'test', who: 'Ada' });
    const told = await json<object>(['pump', 'prime', '--all', '--ml', '5']);
    expect(told).toMatchObject({ result: 'done', lines: { length: 12 } });
  });

  test('cleans, and prints the book for people and for a spreadsheet', async () => {
    expect((await status()).lines[2]?.blocked_by).toBe('cleaning');
    expect((await at(['doctor'])).out).toContain('nothing is sold from 3: cleaning');
    const { code, out } = await at(['pump', 'clean', '3', '--lot', '=L"7', '--who', 'Ada'], {
      env: { LANG: 'de_DE.UTF-8' },
    });
    expect(code).toBe(0);
    expect(out).toContain('Leitung 3: im Reinigungsbuch eingetragen');
    expect((await status()).lines[2]?.blocked_by).toBe(null);
    const hand = ['--by-hand', '--product', 'Base B', '--contact', '30', '--rinse-ml', '200', '--who', 'Bob'];
    expect((await at(['pump', 'clean', '4', ...hand])).code).toBe(0);
    expect((await at(['pump', 'clean', '--book'])).out).toMatch(
      / 3 cranberry-juice .+Acid A \(=L"7\) .+Ada\n.+Bob, by hand\n/,
    );
    const [head, first, second] = (await at(['pump', 'clean', '--book', '--csv'])).out.split('\r\n');
    expect(head).toBe('entry,at,line,ingredient,product,lot,contact_seconds,rinse_ul,by_hand,who');
    // a text that begins like a formula must not become one
    expect(first).toMatch(/^\d+,2\d{3}-.+Z,3,cranberry-juice,Acid A,"'=L""7",\d+,\d+,false,Ada$/);
    expect(second).toMatch(/,4,lime-juice,Base B,,30,200000,true,Bob$/);
  });

  test('ends at once when the process that asked is killed', async () => {
    const child = begun(['pump', 'prime', '1', '--hold']);
    await eventually(async () => ((await status()).state === 'service' ? true : null));
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    await eventually(async () => ((await status()).state === 'idle' ? true : null));
    expect(await ended()).toMatchObject({ result: 'stopped', reason: 'walked-away' });
  });

  test('ends with Ctrl-C, and tells what was moved until then', async () => {
    const child = begun(['pump', 'prime', '1', '--ml', '1500']);
    await eventually(async () => ((await status()).state === 'service' ? true : null));
    const exit = once(child, 'exit');
    child.kill('SIGINT');
    expect(await exit).toEqual([1, null]);
    expect(await ended()).toMatchObject({ result: 'stopped', reason: 'technician' });
  });

  test('ends with a second call, from wherever', async () => {
    const child = begun(['pump', 'prime', '1', '--hold']);
    await eventually(async () => ((await status()).state === 'service' ? true : null));
    const exit = once(child, 'exit');
    expect((await at(['pump', 'stop'])).out).toBe('Stopped: all outputs are off.\n');
    expect(await exit).toEqual([0, null]);
    expect((await at(['pump', 'stop'])).out).toBe('No service job was running.\n');
  });

  test('says what is wrong and what to do', async () => {
    expect(await at(['pump', 'test', '60'])).toMatchObject({
      code: 1,
      err: 'This machine has no line 60. `decant status` lists its lines. [dispenser/unknown-pump]\n',
    });
    expect((await at(['pump', 'clean', '1'])).err).toMatch(
      /^How line 1 is cleaned is not in machine\.yaml\. .+--product/,
    );
  });

  test('calibrates: weighs, shows old beside new, changes nothing dry, and takes it back', async () => {
    const weights = `${'100\n'.repeat(9)}oops\n${'30 ml\n'.repeat(3)}`;
    const dry = await at(['pump', 'calibrate', '5', '--dry-run'], { input: weights });
    expect({ code: dry.code, err: dry.err.includes('seconds') }).toEqual({ code: 0, err: false });
    expect(dry.err).toContain('Dose 1 of 12, about 50.0 ml');
    expect(dry.out).toContain('drive 100 %: 7.92 ml/s before, 15.84 ml/s now (+100.0 %)');
    expect(dry.out).toContain('nothing was changed'.replace('n', 'N'));
    const flow = async () => (await status()).lines[4]?.max_flow_ul_per_s ?? 0;
    expect(await flow()).toBe(7_920);
    expect((await at(['pump', 'calibrate', '5', '--who', 'Ada'], { input: weights })).code).toBe(0);
    expect(Math.abs((await flow()) - 15_840)).toBeLessThan(30);
    expect((await at(['pump', 'calibrate', '5', '--undo'])).out).toContain('by the calibration before that again');
    expect(await flow()).toBe(7_920);
    const jumping = `${'50\n40\n60\n'.repeat(3)}${'15\n'.repeat(3)}`;
    const refused = await at(['pump', 'calibrate', '5'], { input: jumping });
    expect({ code: refused.code, err: refused.err.split('\n').at(-2) }).toEqual({
      code: 1,
      err: expect.stringMatching(/differ by 10 ml \(20 %\)\. Let the scale come to rest.+spread-too-large/) as string,
    });
    expect(await flow()).toBe(7_920);
  });

  test('shows how worn the hoses are, and enters new ones', async () => {
    expect((await at(['pump', 'hose', '1'])).out).toMatch(
      /^ 1 orange-juice +\d\.\d\/1000 l \d\.\d\/100 h {2}new never entered {2}worn 2\d{3}-/,
    );
    expect((await at(['pump', 'hose', '1', '--replaced'])).out).toContain('calibrate 1');
    const { hoses } = await json<{ hoses: { line: number; ul: number }[] }>(['pump', 'hose', '1']);
    expect(hoses).toMatchObject([{ line: 1, ul: 0 }]);
    expect((await at(['status'])).out).toMatch(/line {2}1 .+new hose: calibrate it/);
  });
});

describe('decant stock', () => {
  test('shows and sets what the bottles hold, and counts the waste', async () => {
    expect((await at(['stock', 'set', '2', '123,5', '--who', 'Ada'])).out).toBe(
      'line 2: 123.5 ml of pineapple-juice\n',
    );
    expect((await json<{ lines: object[] }>(['stock'])).lines[1]).toMatchObject({ line: 2, stock_ul: 123_500 });
    expect((await at(['stock', 'set', '2', 'full'])).out).toContain('5000.0 ml');
    expect((await at(['stock', 'set', '60', 'full'])).err).toContain('no line 60');
    const { out } = await at(['stock', 'waste']);
    expect(out).toContain('line 1, orange-juice: test run 10.0 ml\n');
    expect(out).toContain('drinks cut short: 0, 0.0 ml by their published totals\n');
  });
});
