import { describe, expect, it } from 'vitest';
import { FakeChip } from '#tests/support/gpio/fake-chip.ts';
import { gpioBench, input } from '#tests/support/gpio/gpio-bench.ts';

describe('a line that another program has', () => {
  it.each([
    ['the supply', 20],
    ['a pump', 1],
    ['a contact', 10],
  ])('as %s keeps the machine from opening, and no pump is driven on', (_, offset) => {
    const chip = new FakeChip();
    chip.taken.add(offset);
    expect(() => gpioBench({ contacts: { glass: input(10) } }, chip)).toThrow(
      `dispenser/line-taken (line=gpio.${offset}, chip=fake-chip, by=another)`,
    );
    expect(chip.driven[20]).toEqual(offset === 20 ? [] : [0]);
    expect([...(chip.driven[0] ?? []), ...(chip.driven[1] ?? [])]).not.toContain(0);
  });
});
