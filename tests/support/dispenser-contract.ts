import { describe, expect, it } from 'vitest';
import type { Dispenser, PumpLimits } from '#firmware-bridge/dispenser.ts';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { microlitres, microlitresPerSecond, milliseconds } from '#shared/units.ts';

/** A driver on the bench, not yet configured, with pumps 0 and 1 and all outputs off. */
export interface DispenserBench {
  readonly dispenser: Dispenser;
  /** Lets `ms` pass, for the driver and what it drives. */
  readonly advance: (ms: number) => Promise<void>;
}

/** A bench at which somebody can take the glass away. */
export interface ContactBench extends DispenserBench {
  readonly touch: (change: { readonly glass: 'open' | 'made' }) => Promise<void>;
}

/** Pumps 0 and 1: at most 5 s and 40 ml in a job, 10 ml/s. */
const limits: readonly PumpLimits[] = [0, 1].map((pump) => ({
  pump,
  maxOn: milliseconds(5_000),
  maxVolume: microlitres(40_000),
  maxFlow: microlitresPerSecond(10_000),
}));
const lease = milliseconds(250);

/** Steps as [pump, start ms, stop ms], at full drive. */
function steps(...rows: readonly (readonly [number, number, number])[]): StepBuffer {
  const buffer = new StepBuffer();
  for (const [pump, start, stop] of rows) buffer.push(pump, 0, 1000, start * 1000, stop * 1000);
  return buffer;
}

/**
 * What every driver behind `Dispenser` keeps, whatever times its doses. `tolerance` is how far an executed on-time may be from the
 * planned one, µs.
 */
export function dispenserContract(name: string, tolerance: number, open: () => Promise<DispenserBench>): void {
  const configured = async (): Promise<DispenserBench> => {
    const bench = await open();
    await bench.dispenser.configure(limits);
    return bench;
  };

  describe(`${name} keeps the contract of a dispenser:`, () => {
    keepsOutputs(configured, open, tolerance);
    keepsLeases(configured);
    keepsLimits(configured);
    keepsRecords(configured, tolerance);
  });
}

type Open = () => Promise<DispenserBench>;

function keepsOutputs(configured: Open, open: Open, tolerance: number): void {
  it('nothing can be armed before it is configured, and all outputs are off', async () => {
    const { dispenser } = await open();
    expect(await dispenser.readBack()).toBe(0);
    await expect(dispenser.arm(steps([0, 0, 100]), lease)).rejects.toThrow('dispenser/failed');
    expect(await dispenser.readBack()).toBe(0);
  });

  it('a pump that no read-back could show is refused', async () => {
    const { dispenser } = await open();
    const beyond = limits.map((each) => ({ ...each, pump: each.pump + 31 }));
    await expect(dispenser.configure(beyond)).rejects.toThrow('dispenser/unknown-pump');
    await dispenser.configure(beyond.slice(0, 1));
  });

  it('an output is on while its step runs, and off before and after', async () => {
    const { dispenser, advance } = await configured();
    const armed = await dispenser.arm(steps([0, 0, 100], [1, 50, 200]), milliseconds(1_000));
    await advance(25);
    expect(await dispenser.readBack()).toBe(0b01);
    await advance(50);
    expect(await dispenser.readBack()).toBe(0b11);
    await advance(75);
    expect(await dispenser.readBack()).toBe(0b10);
    await advance(100);
    expect(await dispenser.readBack()).toBe(0);
    expect(await armed.ended).toEqual({ t: 'done' });
  });

  it('a job is done when its last step and its rest are over', async () => {
    const { dispenser, advance } = await configured();
    const job = steps([0, 0, 50]);
    job.restUs = 150_000;
    const armed = await dispenser.arm(job, milliseconds(1_000));
    let isDone = false;
    void armed.ended.then(() => {
      isDone = true;
    });
    await advance(100);
    expect(isDone).toBe(false);
    await advance(100 + tolerance / 1000);
    expect(isDone).toBe(true);
  });

  it('stop switches everything off at once, and again does nothing', async () => {
    const { dispenser, advance } = await configured();
    const armed = await dispenser.arm(steps([0, 0, 200], [1, 100, 200]), milliseconds(1_000));
    await advance(60);
    await dispenser.stop();
    expect(await dispenser.readBack()).toBe(0);
    expect(await armed.ended).toEqual({ t: 'stopped' });
    await dispenser.stop();
    await advance(100);
    expect(await dispenser.readBack()).toBe(0);
  });

  it('without supply nothing can be armed until it is configured again', async () => {
    const { dispenser, advance } = await configured();
    await dispenser.arm(steps([0, 0, 200]), milliseconds(1_000));
    await advance(50);
    await dispenser.cutSupply();
    expect(await dispenser.readBack()).toBe(0);
    await expect(dispenser.arm(steps([0, 0, 100]), lease)).rejects.toThrow('dispenser/failed');
    await dispenser.configure(limits);
    await expect(dispenser.arm(steps([0, 0, 100]), lease)).resolves.toBeDefined();
    await dispenser.stop();
  });

  it('closing it switches everything off', async () => {
    const { dispenser, advance } = await configured();
    const armed = await dispenser.arm(steps([0, 0, 200]), milliseconds(1_000));
    await advance(50);
    await dispenser[Symbol.asyncDispose]();
    expect(await armed.ended).toEqual({ t: 'stopped' });
  });
}

function keepsLeases(configured: Open): void {
  it('outputs go off when nobody renews the lease', async () => {
    const { dispenser, advance } = await configured();
    const armed = await dispenser.arm(steps([0, 0, 4_000]), lease);
    await advance(lease - 20);
    expect(await dispenser.readBack()).toBe(1);
    await advance(20);
    expect(await dispenser.readBack()).toBe(0);
    expect(await armed.ended).toEqual({ t: 'fault', code: 'dispenser/lease-expired' });
    await expect(armed.renew()).rejects.toThrow('dispenser/lease-expired');
    await advance(500);
    expect(await dispenser.readBack()).toBe(0);
  });

  it('a lease that is renewed in time keeps the job going, one lease more each time', async () => {
    const { dispenser, advance } = await configured();
    const armed = await dispenser.arm(steps([0, 0, 4_000]), lease);
    for (let i = 0; i < 4; i += 1) {
      await advance(200);
      await armed.renew();
    }
    await advance(200);
    expect(await dispenser.readBack()).toBe(1);
    await advance(60);
    expect(await dispenser.readBack()).toBe(0);
  });

  it('renewing a job that ended well does nothing', async () => {
    const { dispenser, advance } = await configured();
    const armed = await dispenser.arm(steps([0, 0, 50]), lease);
    await advance(100);
    await armed.ended;
    await armed.renew();
    expect(await dispenser.readBack()).toBe(0);
  });
}

function keepsLimits(configured: Open): void {
  it.each<[string, string, StepBuffer]>([
    ['an unknown pump', 'dispenser/unknown-pump', steps([0, 0, 100], [7, 0, 100])],
    ['a pump on for too long', 'dispenser/over-limit', steps([0, 0, 5_001])],
    ['a pump on for too long in sum', 'dispenser/over-limit', steps([0, 0, 3_000], [0, 4_000, 6_001])],
    ['more than a pump may pour', 'dispenser/over-limit', steps([0, 0, 4_001])],
    ['two steps of a pump at one time', 'dispenser/over-limit', steps([0, 0, 100], [0, 99, 200])],
  ])('a job with %s is refused and moves nothing', async (_, code, job) => {
    const { dispenser, advance } = await configured();
    await expect(dispenser.arm(job, lease)).rejects.toThrow(code);
    await advance(50);
    expect(await dispenser.readBack()).toBe(0);
  });

  it('a job at the limits is taken, and a second one beside it refused', async () => {
    const { dispenser, advance } = await configured();
    await dispenser.arm(steps([0, 0, 2_000], [0, 2_000, 4_000]), lease);
    await advance(50);
    await expect(dispenser.arm(steps([1, 0, 100]), lease)).rejects.toThrow('dispenser/over-limit');
    expect(await dispenser.readBack()).toBe(0b01);
    await dispenser.stop();
  });
}

function keepsRecords(configured: Open, tolerance: number): void {
  it('what was executed is told row by row, though the steps were wiped after arming', async () => {
    const { dispenser, advance } = await configured();
    const job = steps([1, 30, 130], [0, 0, 60]);
    const armed = await dispenser.arm(job, milliseconds(1_000));
    job.wipe();
    await advance(200);
    await armed.ended;
    const doses = new DoseBuffer();
    expect(await dispenser.lastJob(doses)).toEqual({ job: armed.job, end: { t: 'done' } });
    expect([doses.count, ...doses.pump.subarray(0, 2), ...doses.drive.subarray(0, 2)]).toEqual([2, 1, 0, 1000, 1000]);
    expect(Math.abs((doses.onUs[0] ?? 0) - 100_000)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs((doses.onUs[1] ?? 0) - 60_000)).toBeLessThanOrEqual(tolerance);
  });

  it('of a job that was stopped only what ran is told, with the time of its end', async () => {
    const { dispenser, advance } = await configured();
    await dispenser.arm(steps([0, 0, 400], [1, 300, 400]), milliseconds(1_000));
    await advance(100);
    const doses = new DoseBuffer();
    expect(await dispenser.lastJob(doses)).toMatchObject({ end: { t: 'running' } });
    await dispenser.stop();
    await advance(300);
    await dispenser.lastJob(doses);
    expect(Math.abs(doses.elapsedUs - 100_000)).toBeLessThanOrEqual(20_000);
    expect(Math.abs((doses.onUs[0] ?? 0) - doses.elapsedUs)).toBeLessThanOrEqual(tolerance);
    expect(doses.onUs[1]).toBe(0);
  });

  it('the record can be forgotten, but not while the job runs', async () => {
    const { dispenser, advance } = await configured();
    const doses = new DoseBuffer();
    expect(await dispenser.lastJob(doses)).toBe(null);
    await dispenser.arm(steps([0, 0, 100]), milliseconds(1_000));
    await dispenser.forgetLastJob();
    expect(await dispenser.lastJob(doses)).not.toBe(null);
    await advance(150);
    await dispenser.forgetLastJob();
    expect(await dispenser.lastJob(doses)).toBe(null);
  });

  it('numbers of jobs rise by one', async () => {
    const { dispenser, advance } = await configured();
    const first = await dispenser.arm(steps([0, 0, 20]), lease);
    await advance(100);
    const second = await dispenser.arm(steps([0, 0, 20]), lease);
    await advance(100);
    expect(second.job).toBe(first.job + 1);
  });
}

/** What a driver keeps besides that says `stopsOnOpenContact`. */
export function contactContract(name: string, open: () => Promise<ContactBench>): void {
  const configured = async (): Promise<ContactBench> => {
    const bench = await open();
    await bench.dispenser.configure(limits);
    return bench;
  };

  describe(`${name} heeds its contacts by itself:`, () => {
    it('a job ends when a contact opens, and the inputs tell which before that is said', async () => {
      const { dispenser, advance, touch } = await configured();
      expect(dispenser.guarantee.stopsOnOpenContact).toBe(true);
      const armed = await dispenser.arm(steps([0, 0, 400]), milliseconds(1_000));
      const seen = armed.ended.then((end) => [end, dispenser.inputs().glass]);
      await advance(100);
      await touch({ glass: 'open' });
      await advance(100);
      expect(await dispenser.readBack()).toBe(0);
      expect(await seen).toEqual([{ t: 'stopped' }, 'open']);
      await touch({ glass: 'made' });
      await advance(100);
      expect(await dispenser.readBack()).toBe(0);
    });

    it('a contact that is not heeded ends nothing', async () => {
      const { dispenser, advance, touch } = await configured();
      const armed = await dispenser.arm(steps([0, 0, 300]), milliseconds(1_000), ['door']);
      await advance(100);
      await touch({ glass: 'open' });
      await advance(50);
      expect(await dispenser.readBack()).toBe(1);
      await advance(300);
      expect(await armed.ended).toEqual({ t: 'done' });
    });

    it('listeners hear of it when the outputs are off', async () => {
      const { dispenser, advance, touch } = await configured();
      await dispenser.arm(steps([0, 0, 400]), milliseconds(1_000));
      const heard: Promise<number>[] = [];
      using _listening = dispenser.onInputs(() => heard.push(dispenser.readBack()));
      await advance(100);
      await touch({ glass: 'open' });
      await advance(100);
      expect(await heard[0]).toBe(0);
    });
  });
}
