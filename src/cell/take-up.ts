import type { Token } from '#hsm/token.ts';
import type { Clock } from '#shared/clock.ts';
import { isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { Books } from './books.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { cutOff } from '#wire/service-api.ts';
import type { Executor, Leftover } from './executor/executor.ts';
import { recover } from './licences/recovery.ts';
import { destroyLeftovers } from './prekeys.ts';
import { finishReleaseAtBoot } from './release.ts';
import { movedLines } from './service/service-jobs.ts';
import { software } from './software.ts';

export interface TakeUpPorts {
  readonly token: Token;
  readonly books: Books;
  readonly executor: Executor;
  readonly config: MachineConfig;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Brings the machine in order after whatever ended the process before: outputs off, what a cut-off pour delivered asked of
 * the far end, every use brought to a stage from which it can go on, one-time keys that should not be there destroyed.
 * @throws Failure `dispenser/output-stuck`, `dispenser/failed`, `disk/failed`
 */
export async function takeUp({ token, books, executor, config, clock, log }: TakeUpPorts): Promise<void> {
  if (books.tornBytes > 0) log.warn('torn journal entry cut off', { bytes: books.tornBytes });
  const { open } = books.ledger.service;
  const left = await leftover(executor, open !== null, log);
  const delivered = open === null ? (left?.delivered_ul ?? null) : null;
  await executor.configure();
  const now = clock.now();
  if (open !== null) {
    const lines = movedLines(left?.moved ?? [], config);
    await books.append({ kind: 'SERVICE_ENDED', job: open.job, result: cutOff, reason: 'power-cut', lines, at: now });
    log.warn('service job was cut off', { job: open.job, program: open.program });
  }
  for (const entry of recover(
    books.ledger,
    (use) => token.hasKey(use.label),
    () => delivered,
    now,
  )) {
    await books.append(entry);
    log.warn('taken up after an interruption', { kind: entry.kind });
  }
  await executor.forgetLeftover();
  await finishReleaseAtBoot({ token, books, clock, log });
  await destroyLeftovers({ token, books, log });
  await books.append({ kind: 'BOOT', software, token: token.serial, at: now });
}

/** What the pour or the service job that was cut off had delivered, as far as the far end knows; null when it forgot. */
async function leftover(executor: Executor, isService: boolean, log: Log): Promise<Leftover | null> {
  try {
    return await executor.leftover(isService);
  } catch (error) {
    if (!isFailure(error)) throw error;
    log.warn('the far end does not say what it executed', { code: error.code });
    return null;
  }
}
