import type { Token } from '#hsm/token.ts';
import { opOf, ops } from '#recipes/record.ts';
import type { Clock } from '#shared/clock.ts';
import { hex } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import type { Log } from '#shared/log.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { Batch } from './batch.ts';
import type { Books } from './books.ts';
import type { BatchRun, RunResult } from './executor/batch-run.ts';
import type { Bounds } from './executor/bounds.ts';
import type { Executor } from './executor/executor.ts';
import { Grant } from './executor/grant.ts';
import { roundTo5s } from './licences/recovery.ts';
import { stockAfter } from './stock.ts';

export interface PourPorts {
  readonly token: Token;
  readonly books: Books;
  readonly executor: Executor;
  readonly config: MachineConfig;
  readonly clock: Clock;
  readonly log: Log;
}

/** A drink under way: the licence is burned. */
export interface Pour {
  readonly batch: Batch;
  readonly run: BatchRun;
  readonly grant: Grant;
}

/**
 * Burns the licence: BURN_INTENT*, destroy the one-time key and prove it, BURNED*. From here on the drink is spent,
 * whatever happens; before, nothing is.
 * @throws Failure `machine/burn-failed` when the key may still be alive: the use is then never poured
 */
export async function burn(batch: Batch, { token, books, config, clock, log }: PourPorts): Promise<void> {
  const { kid, label } = batch.use;
  await books.append({ kind: 'BURN_INTENT', kid, at: clock.now() });
  try {
    await token.destroyKey(label);
  } catch (error) {
    const reason = isFailure(error) ? error.code : 'unknown';
    await books.append({ kind: 'BURN_FAILED', kid, reason });
    await books.append({ kind: 'VOIDED', kid, reason: 'burn-failed', pieces: 0, at: clock.now() });
    log.error('licence not burned', { kid: hex(kid), code: reason });
    throw new Failure('machine/burn-failed', { reason }, error);
  }
  await books.append({ kind: 'BURNED', kid, stock: stockAfter(batch.manifest, config, books.ledger) });
}

/** Opens the run under a grant of its own; pumps may move now. */
export function beginPour(batch: Batch, bounds: Bounds, { executor }: PourPorts): Pour {
  const grant = new Grant({ t: 'batch', licence: hex(batch.use.cti ?? new Uint8Array(0)) });
  return { batch, grant, run: executor.open(grant, bounds) };
}

/**
 * Pours a burned licence to its end: for each piece open, validate, PIECE_STARTED*, actuate, PIECE_DONE*, wipe; then SPENT*. A piece
 * that cannot be opened or poured ends the drink, and what was delivered is what counts. Keys and buffers are gone when
 * this resolves.
 */
export async function pourToEnd(pour: Pour, ports: PourPorts): Promise<void> {
  const { books, clock, log } = ports;
  const { use } = pour.batch;
  const started = clock.now();
  let pieces = 0;
  let broke: FailureCode | null = null;
  let result: RunResult;
  {
    await using batch = pour.batch;
    using _grant = pour.grant;
    await using run = pour.run;
    try {
      pieces = await pourPieces(batch, run, books);
    } catch (error) {
      if (!isFailure(error)) throw error;
      log.error('piece not poured', { code: error.code, order: batch.order });
      broke = error.code;
      await run.stop(error.code, 'recipe');
    }
    result = await run.finish();
  }
  await books.append({
    kind: 'SPENT',
    kid: use.kid,
    result: result.result,
    reason: broke ?? result.reason ?? '',
    pieces,
    ordered_ul: result.ordered_ul,
    delivered_ul: result.delivered_ul,
    started: roundTo5s(started),
    ended: roundTo5s(clock.now()),
  });
}

/** Answers how many pieces were opened and executed, the check piece included. */
async function pourPieces(batch: Batch, run: BatchRun, books: Books): Promise<number> {
  const { kid } = batch.use;
  for (let index = 1; index < batch.manifest.piece_count; index += 1) {
    using piece = await batch.recipe.openPiece(index);
    // padding after the recipe's end is opened like everything, and does nothing
    if (opOf(piece.record) === ops.end) continue;
    await books.append({ kind: 'PIECE_STARTED', kid, piece: index });
    const outcome = await run.piece(piece.record);
    if (outcome.t === 'ended') return index;
    await books.append({ kind: 'PIECE_DONE', kid, piece: index });
  }
  return batch.manifest.piece_count;
}
