import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoPlace } from '#cli/demo/demo-place.ts';
import { type FailedStart, machineAtRest, startInVain } from './support/cell-alone.ts';
import { journalEntries } from './support/journal-entries.ts';

const root = join(import.meta.dirname, '..', '..');

describe('a wrong PIN', () => {
  const stack = new AsyncDisposableStack();
  let place: DemoPlace;
  let entriesBefore: number;
  let wrong: FailedStart;

  beforeAll(async () => {
    place = await machineAtRest(stack);
    entriesBefore = (await journalEntries(place.cell)).length;
    const pin = join(place.root, 'wrong-pin');
    await writeFile(pin, 'not-the-pin-not-the-pin');
    wrong = await startInVain(place, { pin });
  });
  afterAll(() => stack.disposeAsync());

  test('is tried exactly once', () => {
    expect(wrong.logins).toBe(1);
  });

  test('ends the cell with one plain sentence and its code, for people and for programs', () => {
    expect(wrong.output).toContain('The PIN of the security token was wrong.');
    expect(wrong.output).toContain('[token/wrong-pin]');
    expect(wrong.output).toContain('{"failure":{"code":"token/wrong-pin","facts":{"label":"machine"}}}');
    expect(wrong.output).not.toMatch(/not-the-pin|^\s+at /m);
    expect(wrong.code).toBe(2);
  });

  test('is not tried again by the service manager', async () => {
    const unit = await readFile(join(root, 'systemd', 'decant-cell.service'), 'utf8');
    expect(unit).toMatch(/^RestartPreventExitStatus=.*\b2\b/m);
  });

  test('writes nothing down, and the right PIN opens the token again', async () => {
    expect(await journalEntries(place.cell)).toHaveLength(entriesBefore);
    // only its socket is missing: it got past the token
    await writeFile(join(place.root, 'file'), '');
    const right = await startInVain({ ...place, sockets: join(place.root, 'file') }, {});
    expect(right.logins).toBe(1);
    expect(right.output).not.toContain('token/');
    expect((await journalEntries(place.cell)).length).toBeGreaterThan(entriesBefore);
  });
});
