import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DemoPlace } from '#cli/demo/demo-place.ts';
import { type FailedStart, machineAtRest, startInVain } from './support/cell-alone.ts';
import { journalEntries } from './support/journal-entries.ts';

describe('a machine whose token is gone', () => {
  const stack = new AsyncDisposableStack();
  let place: DemoPlace;
  let entriesBefore: number;
  let end: FailedStart;

  beforeAll(async () => {
    place = await machineAtRest(stack);
    entriesBefore = (await journalEntries(place.cell)).length;
    const tokens = join(place.machineToken, 'tokens');
    await rename(tokens, `${tokens}-elsewhere`);
    end = await startInVain(place, {});
  });
  afterAll(() => stack.disposeAsync());

  test('does not start, and says so in one plain sentence with its code', () => {
    expect(end.output).toContain('The security token of this machine was not found.');
    expect(end.output).toContain('[token/missing');
    expect(end.output).not.toMatch(/^\s+at /m);
    expect(end.code).toBe(2);
  });

  test('tries no PIN on whatever else is there, and writes nothing down', async () => {
    expect(end.logins).toBe(0);
    expect(await journalEntries(place.cell)).toHaveLength(entriesBefore);
  });
});
