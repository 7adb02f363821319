import type { Token } from '#hsm/token.ts';
import type { Clock } from '#shared/clock.ts';
import { isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { Books } from './books.ts';
import type { Executor } from './executor/executor.ts';
import { recover } from './licences/recovery.ts';
import { destroyLeftovers } from './prekeys.ts';
import { finishReleaseAtBoot } from './release.ts';
import { software } from './software.ts';

export interface TakeUpPorts {
  readonly token: Token;
  readonly books: Books;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Brings the machine in order after whatever ended the process before: outputs off, what a cut-off pour delivered asked of
 * the far end, every use brought to a stage from which it can go on, one-time keys that should not be there destroyed.
 * @throws Failure `dispenser/output-stuck`, `dispenser/failed`, `disk/failed`
 */
export async function takeUp({ token, books, executor, clock, log }: TakeUpPorts): Promise<void> {
  if (books.tornBytes > 0) log.warn('torn journal entry cut off', { bytes: books.tornBytes });
  const delivered = await leftover(executor, log);
  await executor.configure();
  const now = clock.now();
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

/** What the pour that was cut off had delivered, as far as the far end knows; null when it forgot. */
async function leftover(executor: Executor, log: Log): Promise<number | null> {
  try {
    return (await executor.leftover())?.delivered_ul ?? null;
  } catch (error) {
    if (!isFailure(error)) throw error;
    log.warn('the far end does not say what it executed', { code: error.code });
    return null;
  }
}
