import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeChip } from '#tests/support/gpio/fake-chip.ts';
import { gpioBench, limits } from '#tests/support/gpio/gpio-bench.ts';
import type { GpioPin } from './gpio-lines.ts';

const levels = fc.constantFrom<0 | 1>(0, 1);
const polarity = fc.constantFrom<GpioPin['active']>('high', 'low');

describe('relays of any polarity, on a chip that comes up at any level,', () => {
  it('are never driven on while the machine opens, is configured and closes, and get no supply before all are off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(polarity, levels), { minLength: 2, maxLength: 2 }),
        polarity,
        async (pumps, ofSupply) => {
          const chip = new FakeChip();
          for (const [offset, [, level]] of pumps.entries()) chip.pull(offset, level);
          chip.pull(20, ofSupply === 'high' ? 1 : 0);
          const { dispenser } = gpioBench(
            {
              pumps: pumps.map(([active], pump) => ({ pump, pin: { offset: pump, active, pull: 'none' } })),
              supply: { offset: 20, active: ofSupply, pull: 'none' },
            },
            chip,
          );
          const [supplyOff, supplyOn] = ofSupply === 'high' ? [0, 1] : [1, 0];
          expect(chip.driven[20]).toEqual([supplyOff]);
          await dispenser.configure(limits);
          expect(chip.driven[20]).toEqual([supplyOff, supplyOn]);
          await dispenser[Symbol.asyncDispose]();
          for (const [offset, [active]] of pumps.entries()) {
            const off = active === 'high' ? 0 : 1;
            expect(chip.driven[offset]?.every((level) => level === off)).toBe(true);
            expect(chip.level(offset)).toBe(off);
          }
        },
      ),
    );
  });
});
