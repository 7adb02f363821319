import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import type { Manifest, VerifiedManifest } from '#recipes/manifest.ts';
import { type Clock, pause } from '#shared/clock.ts';
import { type Milliseconds, milliseconds } from '#shared/units.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { openInterlock } from './executor/interlocks.ts';
import type { Run } from './executor/run.ts';
import { lagRoom } from './machine-model.ts';

/** Between two percents, and what the end of a drink is told in whole steps of; machine time. */
export const tickMs = 500;
/** Steps in which an end is told that comes after the whole published duration. */
const lateStepMs = 5000;

/** What of the published part of a recipe its times are told by. */
export interface PublishedTime {
  readonly durationMs: number;
  /** What the machine adds to any drink: drops that are waited for, and lags of its pumps as far as they may come to. */
  readonly extraMs: number;
}

/** The times of a recipe on this machine. */
export function publishedTime(manifest: Manifest, config: MachineConfig): PublishedTime {
  const extraMs = config.limits.drip_wait_ms + lagRoom(manifest, config);
  return { durationMs: manifest.bounds.duration_ms, extraMs };
}

/**
 * Machine time from the start of a drink to when its end is told, given that its drops had fallen after `goneMs`: never when
 * it was over, which would be an amount. Published durations have half as much again as head-room (`recipes/bounds.ts`), which
 * no machine of the class needs: usually the end is told when two thirds are gone.
 */
export function endToldAfter({ durationMs, extraMs }: PublishedTime, goneMs = 0): Milliseconds {
  const usual = Math.ceil((durationMs * 2) / 3) + extraMs;
  if (goneMs <= usual) return milliseconds(usual);
  const whole = durationMs + extraMs;
  return milliseconds(goneMs <= whole ? whole : Math.ceil(goneMs / lateStepMs) * lateStepMs);
}

export interface PublishedEndPorts {
  readonly clock: Clock;
  readonly dispenser: Pick<Dispenser, 'inputs' | 'onInputs'>;
  readonly config: MachineConfig;
}

/** The times of one drink as they are told: made when it begins. Disposing it stops watching the run. */
export class PublishedEnd implements Disposable {
  readonly #ports: PublishedEndPorts;
  readonly #published: PublishedTime;
  readonly #run: Run;
  readonly #watch: Disposable;
  readonly #begun: number;
  #heldSince: number | null = null;
  #heldMs = 0;

  constructor(manifest: VerifiedManifest, run: Run, ports: PublishedEndPorts) {
    this.#ports = ports;
    this.#published = publishedTime(manifest, ports.config);
    this.#run = run;
    this.#begun = ports.clock.monotonic();
    this.#watch = run.watch((state) => this.#count(state.t === 'held' || state.t === 'holding'));
  }

  /** How much of the time in which the drink is told to be poured has gone, 0 to 1; time held does not count. */
  get fraction(): number {
    return Math.min(1, this.#goneMs / this.#toldAfter());
  }

  /**
   * Resolves when, after the last drops, it will be time to tell the end; at once when somebody ends the run or takes the
   * glass, who sees more than is told here. What is put on hold waits here as it would while it pours.
   */
  async near(): Promise<void> {
    const drip = this.#ports.config.limits.drip_wait_ms;
    const until = this.#toldAfter(this.#goneMs + drip) - drip;
    for (;;) {
      const isLifted = openInterlock(this.#ports.dispenser.inputs()) !== null;
      if (isOver(this.#run) || isLifted) return;
      const left = this.#wall(until - this.#goneMs);
      if (this.#heldSince === null && left === 0) return;
      await this.#change(this.#heldSince === null ? left : null);
    }
  }

  /** Resolves at the next whole half second after the start, beyond which what writing and opening took is not seen. */
  async tick(): Promise<void> {
    const gone = this.#scaled(this.#ports.clock.monotonic() - this.#begun);
    await pause(this.#ports.clock, this.#wall(tickMs - (gone % tickMs)));
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  /** Resolves when the run or an input changes, or after `longest`. */
  async #change(longest: Milliseconds | null): Promise<void> {
    const { clock, dispenser } = this.#ports;
    const { promise, resolve } = Promise.withResolvers<void>();
    using _run = this.#run.watch(() => resolve());
    using _inputs = dispenser.onInputs(() => resolve());
    using _timer = longest === null ? null : clock.after(longest, resolve);
    await promise;
  }

  #toldAfter(goneMs = 0): number {
    return endToldAfter(this.#published, goneMs);
  }

  /** Machine time since the start without what the run was held for. */
  get #goneMs(): number {
    const now = this.#ports.clock.monotonic();
    const held = this.#heldMs + (this.#heldSince === null ? 0 : now - this.#heldSince);
    return this.#scaled(now - this.#begun - held);
  }

  #count(isHeld: boolean): void {
    const now = this.#ports.clock.monotonic();
    if (isHeld) this.#heldSince ??= now;
    else if (this.#heldSince !== null) {
      this.#heldMs += now - this.#heldSince;
      this.#heldSince = null;
    }
  }

  #scaled(wallMs: number): number {
    return wallMs * this.#ports.config.simulation.speed;
  }

  #wall(machineMs: number): Milliseconds {
    return milliseconds(Math.max(0, Math.ceil(machineMs / this.#ports.config.simulation.speed)));
  }
}

function isOver({ state }: Run): boolean {
  return state.t === 'stopped' || state.t === 'aborted';
}
