import type { FailureCode } from '#shared/failure-codes.ts';
import type { Log } from '#shared/log.ts';
import { type Asker, advance, type ExecutorEffect, type ExecutorEvent, type ExecutorState } from './state.ts';

export interface ProgressPorts {
  readonly log: Log;
  /** Does what a transition asks for. */
  readonly act: (effect: ExecutorEffect) => void;
  /** Called after each event that changed something. */
  readonly changed: () => void;
}

/** Where a run is, who brought it there, and who wants to know. */
export class Progress {
  readonly #ports: ProgressPorts;
  readonly #listeners = new Set<(state: ExecutorState) => void>();
  #state: ExecutorState = { t: 'idle' };
  #changed = Promise.withResolvers<void>();
  /** The state that lasted before, and who ended it, until the next one that does. */
  #left: { readonly from: ExecutorState['t']; readonly by: Asker } | null = null;

  constructor(ports: ProgressPorts) {
    this.#ports = ports;
  }

  get state(): ExecutorState {
    return this.#state;
  }

  /** Whether outputs may be on, or about to be. */
  get mayPour(): boolean {
    return this.#state.t === 'restarting' || (this.#state.t === 'running' && this.#state.pouring);
  }

  get isBetweenPieces(): boolean {
    return this.#state.t === 'running' && !this.#state.pouring;
  }

  /** Why the run is over; null while it is not, and when it is complete. */
  get over(): FailureCode | null {
    return this.#state.t === 'stopped' || this.#state.t === 'aborted' ? this.#state.why : null;
  }

  watch(listener: (state: ExecutorState) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  dispatch(event: ExecutorEvent): void {
    const before = this.#state;
    const { state, effects } = advance(before, event);
    if (state === before) return;
    this.#state = state;
    if (state.t !== before.t || whyOf(state) !== whyOf(before)) this.#tell(before, event.by);
    for (const effect of effects) this.#ports.act(effect);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
    this.#ports.changed();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#changed.promise;
  }

  [Symbol.dispose](): void {
    this.#listeners.clear();
  }

  #tell(before: ExecutorState, by: Asker): void {
    const state = this.#state;
    for (const listener of this.#listeners) listener(state);
    this.#log(before, by);
  }

  /** States in which a run stays; which ones it passes on the way tells whether something flowed just then. */
  #log(before: ExecutorState, by: Asker): void {
    const state = this.#state;
    this.#left ??= { from: before.t, by };
    if (!lasts(state)) return;
    const { from, by: asker } = this.#left;
    this.#left = null;
    if (from === state.t) return;
    this.#ports.log.info('run', { from, to: state.t, by: asker, why: whyOf(state) });
  }
}

const whyOf = (state: ExecutorState): FailureCode | null => ('why' in state ? state.why : null);

const lasts = ({ t }: ExecutorState): boolean => !['holding', 'restarting', 'stopping', 'aborting'].includes(t);
