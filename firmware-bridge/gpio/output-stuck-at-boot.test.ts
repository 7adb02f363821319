import { describe, expect, it } from 'vitest';
import { milliseconds } from '#shared/units.ts';
import { FakeChip } from '#tests/support/gpio/fake-chip.ts';
import { gpioBench, input, limits, pumpLine, steps } from '#tests/support/gpio/gpio-bench.ts';

const lease = milliseconds(1_000);

describe('an output that is stuck', () => {
  it('at boot keeps the supply off until it obeys', async () => {
    const chip = new FakeChip();
    chip.weld(1, 0);
    const { dispenser } = gpioBench({}, chip);
    await expect(dispenser.configure(limits)).rejects.toThrow('dispenser/output-stuck (outputs=2)');
    expect(chip.driven[20]).not.toContain(1);
    await expect(dispenser.arm(steps([0, 0, 100]), lease)).rejects.toThrow('dispenser/output-stuck');
    chip.weld(1, null);
    await dispenser.configure(limits);
    expect(chip.level(20)).toBe(1);
  });

  it('behind its pin, as a welded relay is, shows by its current at boot', async () => {
    const chip = new FakeChip();
    const { dispenser } = gpioBench({ pumps: [{ pump: 0, pin: pumpLine(0), sense: input(10) }] }, chip);
    await expect(dispenser.configure(limits.slice(0, 1))).rejects.toThrow('dispenser/output-stuck');
    expect(chip.driven[20]).not.toContain(1);
  });

  it('behind its pin shows as soon as its pump can have current, and the supply is gone a tenth of a second later', async () => {
    const chip = new FakeChip();
    chip.pull(10, 1);
    const { dispenser, clock } = gpioBench({ pumps: [{ pump: 0, pin: pumpLine(0), sense: input(10) }] }, chip);
    const refused = dispenser.configure(limits.slice(0, 1)).catch(String);
    await clock.advance(50);
    expect(chip.level(20)).toBe(1);
    chip.pull(10, 0);
    await clock.advance(50);
    expect(await refused).toContain('dispenser/output-stuck (outputs=1)');
    expect([chip.level(20), dispenser.inputs().supply]).toEqual([0, 'open']);
  });

  it('in a job ends it at the edge that it does not follow, and cuts the supply', async () => {
    const { chip, clock, dispenser } = gpioBench();
    await dispenser.configure(limits);
    const { ended } = await dispenser.arm(steps([0, 0, 100], [1, 0, 400]), lease);
    await clock.advance(50);
    chip.weld(0, 0);
    await clock.advance(55);
    expect(await ended).toEqual({ t: 'fault', code: 'dispenser/output-stuck' });
    expect([chip.level(1), chip.level(20)]).toEqual([1, 0]);
  });
});
