import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import type { Token } from '#hsm/token.ts';
import type { VerifiedManifest } from '#recipes/manifest.ts';
import type { Clock } from '#shared/clock.ts';
import { hex } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import type { Log } from '#shared/log.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { Batch } from './batch.ts';
import type { Books } from './books.ts';
import type { Bounds } from './executor/bounds.ts';
import type { Executor } from './executor/executor.ts';
import { Grant } from './executor/grant.ts';
import type { Run, RunResult } from './executor/run.ts';
import type { ExactStock } from './exact-stock.ts';
import { coarsely, roundTo5s } from './licences/recovery.ts';
import { PublishedEnd } from './published-end.ts';
import { stockAfter } from './stock.ts';

export interface PourPorts {
  readonly token: Token;
  readonly books: Books;
  readonly executor: Executor;
  readonly dispenser: Pick<Dispenser, 'inputs' | 'onInputs'>;
  readonly stock: Pick<ExactStock, 'pour'>;
  readonly config: MachineConfig;
  readonly clock: Clock;
  readonly log: Log;
}

/** A drink under way: the licence is burned. */
export interface Pour {
  readonly batch: Batch;
  readonly run: Run;
  readonly grant: Grant;
}

/**
 * Burns the licence: BURN_INTENT*, destroy the one-time key and prove it, BURNED*. From here on the drink is spent,
 * whatever happens; before, nothing is. After a failure the use is claimed back.
 * @throws Failure `machine/burn-failed` when the key may still be alive: the use is then never poured
 */
export async function burn(batch: Batch, bounds: Bounds, ports: PourPorts): Promise<void> {
  const { token, books, config, clock, log } = ports;
  const { kid, label } = batch.use;
  await books.append({ kind: 'BURN_INTENT', kid, at: clock.now() });
  try {
    await token.destroyKey(label);
  } catch (error) {
    const reason = isFailure(error) ? error.code : 'unknown';
    await books.append({ kind: 'BURN_FAILED', kid, reason });
    await voidBurned(batch, 'burn-failed', ports);
    log.error('licence not burned', { kid: hex(kid), code: reason });
    throw new Failure('machine/burn-failed', { reason }, error);
  }
  const { total_ul } = batch.manifest.bounds;
  await books.append((ledger) => ({ kind: 'BURNED', kid, stock: stockAfter(bounds, config, ledger), total_ul }));
}

/** Opens the run under a grant of its own; pumps may move now. @throws Failure `machine/busy` */
export function beginPour(batch: Batch, bounds: Bounds, { executor }: PourPorts): Pour {
  const grant = new Grant({ t: 'batch', licence: hex(batch.use.cti ?? new Uint8Array(0)) });
  try {
    return { batch, grant, run: executor.open(grant, bounds) };
  } catch (error) {
    grant[Symbol.dispose]();
    throw error;
  }
}

/** Writes down that a burned licence was not poured from: it is claimed back. */
export async function voidBurned({ use }: Batch, reason: string, { books, clock }: PourPorts): Promise<void> {
  await books.append({ kind: 'VOIDED', kid: use.kid, reason, pieces: 0, at: clock.now() });
}

/**
 * Pours a burned licence to its end: for each piece open, validate, plan, wipe, PIECE_STARTED*, actuate, PIECE_DONE*; then SPENT*. A piece
 * that cannot be opened or poured ends the drink, and what was delivered is what counts. Keys and buffers are gone when
 * this resolves, which is when the end may be told: by the published time, not when the last drop has fallen.
 */
export async function pourToEnd(pour: Pour, ports: PourPorts): Promise<void> {
  const { books, clock } = ports;
  const { use, manifest } = pour.batch;
  const started = clock.now();
  using end = new PublishedEnd(manifest, pour.run, ports);
  const result = await poured(pour, end, ports);
  if (result.result === 'ok') await end.tick();
  await books.append({
    kind: 'SPENT',
    kid: use.kid,
    result: result.result,
    reason: result.reason ?? '',
    ...told(result, manifest, end.fraction),
    started: roundTo5s(started),
    ended: roundTo5s(clock.now()),
  });
}

async function poured(pour: Pour, end: PublishedEnd, { books, stock, log }: PourPorts): Promise<RunResult> {
  await using batch = pour.batch;
  using _grant = pour.grant;
  await using run = pour.run;
  let broke: FailureCode | null = null;
  try {
    await pourPieces(batch, run, books);
    await end.near();
  } catch (error) {
    if (!isFailure(error)) throw error;
    log.error('piece not poured', { code: error.code, order: batch.order });
    broke = error.code;
    await run.stop(error.code, 'recipe');
  }
  const result = await run.finish();
  await stock.pour(run.drawn, batch.manifest.piece_count);
  return broke === null ? whole(result, batch.manifest) : { ...result, reason: broke };
}

/** A recipe that came to its end and ordered less than it promises sold liquid that it does not have: that is no whole drink. */
function whole(result: RunResult, { bounds }: VerifiedManifest): RunResult {
  if (result.result !== 'ok' || result.ordered_ul === bounds.total_ul) return result;
  return { ...result, result: result.delivered_ul > 0 ? 'partial' : 'failed', reason: 'recipe/below-total' };
}

/** A drink that is whole is so to within this much, by the calibration; any more of a difference is told. */
const usualErrorUl = 1000;

/**
 * How far it came, as that leaves the cell. Of a drink that was cut short nothing that was measured does: the parts of the
 * recipe would follow from it, stop after stop. Its figures are the published total and the published time.
 */
function told({ result, ordered_ul, delivered_ul }: RunResult, manifest: VerifiedManifest, fraction: number) {
  const { bounds, piece_count: pieces } = manifest;
  if (result !== 'ok') {
    const part = result === 'failed' ? 0 : coarsely(bounds.total_ul * fraction);
    return { pieces: 0, ordered_ul: bounds.total_ul, delivered_ul: part };
  }
  const isUsual = Math.abs(delivered_ul - ordered_ul) <= usualErrorUl;
  return { pieces, ordered_ul, delivered_ul: isUsual ? ordered_ul : coarsely(delivered_ul) };
}

async function pourPieces(batch: Batch, run: Run, books: Books): Promise<void> {
  const { kid } = batch.use;
  const count = batch.manifest.piece_count;
  for (let index = 1; index < count; index += 1) {
    using piece = await batch.recipe.openPiece(index);
    // padding after the recipe's end is opened like everything, and does nothing
    if (batch.recipe.layout.isEnd(piece.record)) continue;
    const started = (): unknown => books.append({ kind: 'PIECE_STARTED', kid, piece: index });
    const taken = (): unknown => {
      piece[Symbol.dispose]();
      return started();
    };
    const outcome = await run.piece(piece.record, taken, started);
    if (outcome.t === 'ended') return;
    await books.append({ kind: 'PIECE_DONE', kid, piece: index });
  }
  await books.append({ kind: 'POURED', kid, piece: count - 1 });
}
