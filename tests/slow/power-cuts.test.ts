import { describe, expect, it } from 'vitest';
import { journalPath, marksPath } from '../power-cuts/evidence.ts';
import { losesAfter, losesAll, losesFirst, losesNothing, losesSome } from '../power-cuts/loss.ts';
import type { Ending } from '../power-cuts/machine.ts';
import { run } from '../power-cuts/run.ts';
import { plain, stories } from '../power-cuts/stories.ts';
import { collectGarbage, ground, once, playAtRandom } from '../power-cuts/sweep.ts';

const licensedMachine = once(() => ground('licensed'));
const freshMachine = once(() => ground('fresh'));

const everyWay = (at: number): Ending[] => [
  { t: 'process', downMs: 0 },
  { t: 'process', downMs: 9000 },
  { t: 'power', card: losesAll, keys: losesAll, forgets: true },
  { t: 'power', card: losesNothing, keys: losesAll, forgets: false },
  { t: 'power', card: losesAll, keys: losesNothing, forgets: false },
  { t: 'power', card: losesNothing, keys: losesNothing, forgets: true },
  { t: 'power', card: losesSome(at), keys: losesSome(at + 1), forgets: at % 2 === 0 },
];

// minutes on a machine of its own; a busy one may take ten times as long
describe('a cell that ends at any step', { timeout: 3_600_000 }, () => {
  let runs = 0;
  const ran = (count = 1): void => {
    runs += count;
    if (runs % 100 === 0) collectGarbage();
  };

  it('of any story, in any way, is found as the crash table says', async () => {
    const licensed = await licensedMachine();
    for (const story of stories) {
      const { length } = licensed.steps.get(story) ?? [];
      for (let at = 0; at < (length ?? 0); at += 1) {
        for (const ending of everyWay(at)) {
          await run(licensed, story, [{ at, ending }]);
          ran();
        }
      }
    }
  });

  it('with a journal cut at any byte of what was not synced is found as the crash table says', async () => {
    const licensed = await licensedMachine();
    const steps = licensed.steps.get(plain) ?? [];
    let cutBytes = 0;
    for (const [at, step] of steps.entries()) {
      if (step !== `sync ${journalPath}` && step !== `sync ${marksPath}`) continue;
      const unsynced = await unsyncedBefore(at);
      cutBytes += unsynced;
      // the longest are a signed outcome: every fourth byte of its middle will do
      for (let bytes = 1; bytes < unsynced; bytes += bytes > 64 && bytes < unsynced - 64 ? 4 : 1) {
        const ending: Ending = { t: 'power', card: losesAfter(bytes), keys: losesAll, forgets: true };
        await run(licensed, plain, [{ at, ending }]);
        ran();
      }
    }
    expect(cutBytes).toBeGreaterThan(1000);
  });

  it('and in the start after it by the power, which takes what the killed process had not synced, is found as the table says', async () => {
    const licensed = await licensedMachine();
    const steps = licensed.steps.get(plain) ?? [];
    for (const [first, step] of steps.entries()) {
      if (!step.startsWith('sync')) continue;
      for (let at = 0; at < 10; at += 1) {
        const killed: Ending = { t: 'process', downMs: 0 };
        const cut: Ending = { t: 'power', card: losesFirst, keys: losesAll, forgets: true };
        await run(licensed, plain, [
          { at: first, ending: killed },
          { at, ending: cut },
        ]);
        ran();
      }
    }
  });

  it('before the machine had its first keys is found as the crash table says', async () => {
    const fresh = await freshMachine();
    const { length } = fresh.steps.get(plain) ?? [];
    for (let at = 0; at < (length ?? 0); at += 1) {
      for (const ending of everyWay(at)) {
        await run(fresh, plain, [{ at, ending }]);
        ran();
      }
    }
  });

  it('and again in the recovery, at random, is found as the crash table says: 10,000 runs in all', async () => {
    const left = Math.max(1000, 10_000 - runs);
    const rows = await playAtRandom(await licensedMachine(), left);
    ran(left);
    process.stdout.write(`power cuts: ${runs} runs, rows at random ${JSON.stringify(Object.fromEntries(rows))}\n`);
    expect(runs).toBeGreaterThanOrEqual(10_000);
  });

  /** How long the journal's unsynced end is before that step. */
  async function unsyncedBefore(at: number): Promise<number> {
    let unsynced = 0;
    const ending: Ending = {
      t: 'power',
      card: {
        keep: (changes) => changes,
        tear(bytes) {
          unsynced = bytes.length;
          return bytes;
        },
      },
      keys: losesAll,
      forgets: true,
    };
    await run(await licensedMachine(), plain, [{ at, ending }]);
    return unsynced;
  }
});
