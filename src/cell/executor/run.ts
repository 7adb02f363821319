import type { FailureCode } from '#shared/failure-codes.ts';
import type { Microlitres } from '#shared/units.ts';
import type { Asker, ExecutorState } from './state.ts';

/** What became of one piece. */
export type PieceOutcome =
  /** Its steps ran to the end, or it had none. */
  | { readonly t: 'done' }
  /** Somebody has to lend a hand first; the next piece is asked for when that is done. */
  | { readonly t: 'manual'; readonly instruction: number }
  /** The run is over; `finish` tells what was delivered. */
  | { readonly t: 'ended'; readonly why: FailureCode };

/** What became of a run: `failed` when surely nothing was delivered, `partial` when something, perhaps, but not all. */
export interface RunResult {
  readonly result: 'ok' | 'partial' | 'failed';
  /** Computed from executed on-times and calibration, never from what was wished; without a job that could not be read. */
  readonly delivered_ul: Microlitres;
  /** Sum of the amounts of the pieces that were taken. */
  readonly ordered_ul: Microlitres;
  /** Null when `ok`. */
  readonly reason: FailureCode | null;
}

/** What flowed out of each pump in a run, by the calibration: amounts, wiped with the run. */
export interface Drawn {
  /** µl. */
  ofPump(pump: number): number;
}

/**
 * One execution of a recipe under one grant, piece by piece, whatever class of machines its records are for. Disposing switches all
 * outputs off and wipes every amount.
 */
export interface Run extends AsyncDisposable {
  readonly state: ExecutorState;
  /** To be read between `finish` and disposal; absent where nothing flows. */
  readonly drawn?: Drawn;
  /** Calls `listener` after each change of state, pieces apart: their edges are not told. */
  watch(listener: (state: ExecutorState) => void): Disposable;
  /**
   * Executes one opened piece; resolves when its last step is over, however long it was held. `taken` is called once the piece
   * has been read in full, and nothing moves before it resolves: the piece may be wiped then. A piece that would cross the
   * bounds ends the run before that (`recipe/over-bound`). When the piece was held and goes on, `again` is waited for before
   * anything moves: what the far end tells of its last job is then no longer all of the piece.
   * @throws Failure `machine/no-grant`, and what `taken` throws
   */
  piece(record: DataView, taken?: () => unknown, again?: () => unknown): Promise<PieceOutcome>;
  /** Ends the run after its last piece, the last drops awaited; or tells how it ended before. */
  finish(): Promise<RunResult>;
  /** Lets it wait, for no longer than the operator allows; resolves when the outputs are off. @throws Failure `order/wrong-state` when it is over */
  hold(by?: Asker): Promise<void>;
  /** Lets it go on that was put on hold. @throws Failure what an interlock says; `order/wrong-state` when it was not put on hold */
  resume(by?: Asker): Promise<void>;
  /** Stops for good; resolves when the outputs are off. */
  stop(why: FailureCode, by?: Asker): Promise<void>;
}
