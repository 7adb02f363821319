import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MachineOnPaper } from '#tests/integration/support/machine-on-paper.ts';
import { decant } from './decant.ts';

let machine: MachineOnPaper;
let file: string;

beforeAll(async () => {
  machine = await MachineOnPaper.start();
  file = join(machine.place.root, 'drink.tdr');
  await writeFile(file, machine.drink.file);
});
afterAll(() => machine[Symbol.asyncDispose]());

const inspect = (...more: readonly string[]) =>
  decant(['recipe', 'inspect', file, '--fits', '--state', machine.place.root, ...more]);

describe('decant recipe inspect --fits', () => {
  test('tells how far doses of the running machine may be off, in ml and percent', async () => {
    const { code, out } = await inspect();
    expect(code).toBe(0);
    expect(out).toContain('can make it now.');
    expect(out).toMatch(/\n {2}lime-juice +± \d+\.\d ml of \d+\.\d ml \(\d+ %\)\n/);
    expect(out).toMatch(/\n {2}the drink in smallest doses +± \d+\.\d ml of \d+\.\d ml \(\d+ %\)\n/);
  });

  test('tells every reason why the machine cannot make it', async () => {
    const { out } = await decant(['stock', '--json', '--state', machine.place.root]);
    const { lines } = JSON.parse(out) as { lines: { line: number; ingredient: string }[] };
    for (const { line, ingredient } of lines) {
      if (!['lime-juice', 'sugar-syrup'].includes(ingredient)) continue;
      await decant(['stock', 'set', String(line), '0', '--state', machine.place.root]);
    }
    const { fits } = JSON.parse((await inspect('--json')).out) as {
      fits: { ok: boolean; reasons: { code: string }[] };
    };
    expect(fits.ok).toBe(false);
    expect(fits.reasons.map(({ code }) => code)).toEqual(['machine/ingredient-missing', 'machine/ingredient-missing']);
    expect((await inspect()).out).toMatch(/cannot make it now:\n {2}! .+\[machine\/ingredient-missing/);
  });
});
