import { describe, expect, it } from 'vitest';
import { milliseconds } from '#shared/units.ts';
import { contactContract, dispenserContract } from '#tests/support/dispenser-contract.ts';
import { FakeChip } from '#tests/support/gpio/fake-chip.ts';
import { gpioBench, input, limits, pumpLine, steps } from '#tests/support/gpio/gpio-bench.ts';
import { gpioLinesContract } from '#tests/support/gpio/gpio-lines-contract.ts';
import { DoseBuffer } from '../dose-buffer.ts';

/** What two looks at the bench's stopwatch and its spins may cost, µs. */
const tolerance = 100;
const second = milliseconds(1_000);

gpioLinesContract('the chip of these tests', async () => {
  const chip = new FakeChip();
  return {
    lines: chip.open(),
    level: (offset) => chip.level(offset),
    pull: (offset, level) => chip.pull(offset, level),
    driven: (offset) => chip.driven[offset] ?? [],
    take: (offset) => chip.taken.add(offset),
    until: async (is) => expect(is()).toBe(true),
  };
});

dispenserContract('the host-timed dispenser', tolerance, async () => {
  const pumps = [0, 1, 31].map((pump) => ({ pump, pin: pumpLine(pump) }));
  const { clock, dispenser } = gpioBench({ pumps });
  return { dispenser, advance: (ms) => clock.advance(ms) };
});

contactContract('the host-timed dispenser', async () => {
  const pumps = [0, 1].map((pump) => ({ pump, pin: pumpLine(pump) }));
  const { chip, clock, dispenser } = gpioBench({ pumps, contacts: { glass: input(10), door: input(11) } });
  return {
    dispenser,
    advance: (ms) => clock.advance(ms),
    touch: async ({ glass }) => chip.pull(10, glass === 'open' ? 1 : 0),
  };
});

describe('the host-timed dispenser', () => {
  it('switches the supply on when it is configured, and off when it is closed', async () => {
    const { chip, dispenser } = gpioBench();
    expect([chip.level(20), dispenser.inputs().supply]).toEqual([0, 'open']);
    await dispenser.configure(limits);
    expect([chip.level(20), dispenser.inputs().supply]).toEqual([1, 'made']);
    await dispenser[Symbol.asyncDispose]();
    expect([chip.level(20), chip.level(0), chip.level(1)]).toEqual([0, 1, 1]);
  });

  it('says what it cannot promise', () => {
    const { guarantee } = gpioBench().dispenser;
    expect(guarantee).toMatchObject({ timedBy: 'host', offAfterHostDeath: null, keepsLastJob: false });
  });

  it('refuses a pump that has no line', async () => {
    const { dispenser } = gpioBench({ pumps: [{ pump: 0, pin: pumpLine(0) }] });
    await expect(dispenser.configure(limits)).rejects.toThrow('dispenser/unknown-pump (pump=1)');
  });

  it('ends a job by itself when a contact opens that it has to heed, and says which first', async () => {
    const { chip, clock, dispenser } = gpioBench({ contacts: { glass: input(10), door: input(11) } });
    await dispenser.configure(limits);
    const seen: string[] = [];
    dispenser.onInputs(({ glass }) => seen.push(`glass ${glass}, pumps ${chip.level(0)}`));
    const armed = await dispenser.arm(steps([0, 0, 500]), second, ['glass']);
    void armed.ended.then(({ t }) => seen.push(t));
    await clock.advance(50);
    chip.pull(11, 1);
    expect(await dispenser.readBack()).toBe(1);
    chip.pull(10, 1);
    expect(await dispenser.readBack()).toBe(0);
    await armed.ended;
    expect(seen).toEqual(['glass made, pumps 0', 'glass open, pumps 1', 'stopped']);
  });

  it('moves nothing in a job that begins with an open contact', async () => {
    const { chip, dispenser } = gpioBench({ contacts: { tray: input(10) } });
    await dispenser.configure(limits);
    chip.pull(10, 1);
    const { ended } = await dispenser.arm(steps([0, 0, 500]), second);
    expect(await ended).toEqual({ t: 'stopped' });
    expect(chip.driven[0]).not.toContain(0);
  });

  it('ends a job when the supply goes, and gives none again before its outputs were read back', async () => {
    const { chip, clock, dispenser } = gpioBench({ contacts: { supply: input(10) } });
    await clock.until(dispenser.configure(limits));
    const { ended } = await dispenser.arm(steps([0, 0, 500]), second);
    await clock.advance(50);
    chip.pull(10, 1);
    expect(await ended).toEqual({ t: 'fault', code: 'dispenser/failed' });
    expect([chip.level(0), chip.level(20)]).toEqual([1, 0]);
    chip.pull(10, 0);
    await expect(dispenser.arm(steps([0, 0, 500]), second)).rejects.toThrow('not configured');
    expect([chip.level(20), dispenser.inputs().supply, dispenser.isStuck]).toEqual([0, 'open', false]);
    await clock.until(dispenser.configure(limits));
    await dispenser.arm(steps([0, 0, 500]), second);
    await dispenser.stop();
  });

  it('tells empty bottles by pump', async () => {
    const pumps = [0, 1].map((pump) => ({ pump, pin: pumpLine(pump), level: input(10 + pump) }));
    const { chip, dispenser } = gpioBench({ pumps });
    chip.pull(10, 1);
    expect(dispenser.inputs().empty).toBe(0b10);
  });

  it('cuts the supply and ends the job when an output cannot be written', async () => {
    const { chip, clock, dispenser } = gpioBench();
    await dispenser.configure(limits);
    const { ended } = await dispenser.arm(steps([0, 0, 100], [1, 0, 300]), second);
    await clock.advance(50);
    chip.broken.add(0);
    await clock.advance(60);
    expect(await ended).toEqual({ t: 'fault', code: 'dispenser/failed' });
    expect([chip.level(1), chip.level(20)]).toEqual([1, 0]);
  });

  it('cuts the supply when a pump still has current after it was switched off', async () => {
    const pumps = [{ pump: 0, pin: pumpLine(0), sense: input(10) }];
    const { chip, clock, dispenser } = gpioBench({ pumps });
    chip.pull(10, 1);
    await clock.until(dispenser.configure(limits.slice(0, 1)));
    const job = steps([0, 0, 100]);
    job.restUs = 1_000_000;
    const { ended } = await dispenser.arm(job, milliseconds(5_000));
    chip.pull(10, 0);
    await clock.advance(150);
    expect(chip.level(20)).toBe(1);
    await clock.advance(60);
    expect(await ended).toEqual({ t: 'fault', code: 'dispenser/output-stuck' });
    expect(chip.level(20)).toBe(0);
  });

  it('keeps steps of one pump apart that follow each other at once', async () => {
    const { chip, clock, dispenser } = gpioBench();
    await dispenser.configure(limits);
    const { ended } = await dispenser.arm(steps([0, 100, 200], [0, 0, 100]), second);
    await clock.advance(250);
    expect(await ended).toEqual({ t: 'done' });
    const doses = new DoseBuffer();
    await dispenser.lastJob(doses);
    for (const row of [0, 1]) expect(Math.abs((doses.onUs[row] ?? 0) - 100_000)).toBeLessThanOrEqual(tolerance);
    expect(chip.driven[0]?.join('')).toMatch(/^1+01+01+$/);
  });

  it('leaves no amount behind when its record is forgotten', async () => {
    const { clock, dispenser } = gpioBench();
    await dispenser.configure(limits);
    await dispenser.arm(steps([0, 0, 100]), second);
    await clock.advance(150);
    await dispenser.forgetLastJob();
    const doses = new DoseBuffer();
    expect(await dispenser.lastJob(doses)).toBe(null);
    expect(doses.isWiped()).toBe(true);
  });
});
