import type { Armed, Dispenser, GuardName, JobEnd } from '#firmware-bridge/dispenser.ts';
import type { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import type { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import type { Clock } from '#shared/clock.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { type Milliseconds, milliseconds } from '#shared/units.ts';

export interface JobPorts {
  readonly dispenser: Dispenser;
  readonly clock: Clock;
  readonly log: Log;
  readonly lease: Milliseconds;
  /** Contacts that must be made while it runs; all unless given. */
  readonly heed?: readonly GuardName[];
}

/**
 * Runs `steps` as one job to its end, whichever, keeping its lease; then reads into `doses` what was executed and makes
 * sure that all outputs are off. `wanted` is asked once more when the job is armed: a stop may have overtaken it.
 * @throws Failure of the dispenser; `dispenser/output-stuck` when an output stayed on, its supply then being cut. `doses` is
 * filled whenever the far end could still be asked.
 */
export async function runJob(
  ports: JobPorts,
  steps: StepBuffer,
  doses: DoseBuffer,
  wanted: () => boolean,
): Promise<JobEnd> {
  const { dispenser } = ports;
  const armed = await dispenser.arm(steps, ports.lease, ports.heed);
  if (!wanted()) await dispenser.stop();
  let end: JobEnd;
  {
    using _renewals = keepLease(ports, armed);
    end = await armed.ended;
  }
  await dispenser.lastJob(doses);
  await dispenser.forgetLastJob();
  await confirmOff(dispenser);
  return end;
}

/** @throws Failure `dispenser/output-stuck` after cutting the supply, when an output is on that should be off. */
export async function confirmOff(dispenser: Dispenser): Promise<void> {
  const outputs = await dispenser.readBack();
  if (outputs === 0) return;
  await dispenser.cutSupply();
  throw new Failure('dispenser/output-stuck', { outputs });
}

function keepLease(ports: JobPorts, armed: Armed): Disposable {
  const interval = milliseconds(Math.max(1, Math.floor(ports.lease / 3)));
  let timer: Disposable;
  const renew = (): void => {
    timer = ports.clock.after(interval, renew);
    // a renewal that fails ends the job; `ended` tells why
    armed.renew().catch((error: unknown) => ports.log.warn('lease not renewed', { error: String(error) }));
  };
  timer = ports.clock.after(interval, renew);
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}
