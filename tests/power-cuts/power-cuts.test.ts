import { describe, expect, it } from 'vitest';
import { losesAll, losesNothing } from './loss.ts';
import { run } from './run.ts';
import { plain } from './stories.ts';
import { ground, once, playAtRandom } from './sweep.ts';

const licensed = once(() => ground('licensed'));
const ready = once(() => ground('ready'));

// seconds on a machine of its own; a busy one may take ten times as long
describe('a cell that ends at any step of a drink', { timeout: 300_000 }, () => {
  it('is found as the crash table says, and nothing is poured twice, claimed twice or lost: 300 runs', async () => {
    const rows = await playAtRandom(await licensed(), 260);
    await playAtRandom(await ready(), 40);
    expect([...rows.keys()].sort()).toEqual(['claimed', 'cut-off', 'over', 'poured', 'released', 'untouched']);
  });

  it('pours a drink whole when nothing interrupts it, and stands the same after another start', async () => {
    const { glass, rows } = await run(await licensed(), plain, [], true);
    expect(Math.round(glass)).toBe(191_500);
    expect(rows).toEqual([]);
  });

  it('is found with all or nothing of what was not synced at each step around the burn', async () => {
    const steps = (await licensed()).steps.get(plain) ?? [];
    const burn = steps.indexOf('destroy key');
    expect(burn).toBeGreaterThan(0);
    for (let at = burn - 4; at < burn + 8; at += 1) {
      for (const loss of [losesAll, losesNothing]) {
        const cut = { at, ending: { t: 'power' as const, card: loss, keys: loss, forgets: true } };
        const { rows } = await run(await licensed(), plain, [cut]);
        // claimed once the destroyed key may be gone, released while it is there
        expect(rows.some((row) => row === 'released' || row === 'claimed' || row === 'cut-off')).toBe(true);
      }
    }
  });
});
