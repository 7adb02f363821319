import { expect, it } from 'vitest';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { silentLog } from '#shared/log.ts';
import { microlitresPerSecond } from '#shared/units.ts';
import { bench, dispense, machine } from '#tests/support/pump-bench.ts';
import { openSeal } from '#tests/support/totals-seal.ts';
import { plan } from '../planner/plan.ts';
import { createExecutor } from './executor.ts';

it('leaves outputs off one lease later, and the next host is told what was executed, once', async () => {
  const { clock, run, sim, inGlass } = await bench();
  await run[Symbol.asyncDispose]();
  const steps = new StepBuffer();
  const drink = dispense('together', [
    [0, 60_000],
    [1, 30_000],
  ]);
  plan(
    drink,
    { slots: machine.lines, atOnce: 4, smallDose: machine.smallDose, nominalFlow: microlitresPerSecond(5_000) },
    steps,
  );
  // a host that arms a job and is never heard of again
  await sim.arm(steps, machine.lease);
  await clock.advance(machine.lease - 1);
  expect(await sim.readBack()).toBe(0b11);
  await clock.advance(1);
  expect(await sim.readBack()).toBe(0);
  await clock.advance(60_000);
  const poured = inGlass();
  expect(poured).toBe(2 * (machine.lease - 60) * 10);

  const reborn = createExecutor({ dispenser: sim, clock, log: silentLog, token: openSeal, machine });
  await reborn.configure();
  expect(await reborn.leftover()).toEqual({ job: 1, delivered_ul: poured });
  await reborn.forgetLeftover();
  expect(await reborn.leftover()).toBe(null);
});
