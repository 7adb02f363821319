import { type Clock, pause } from '#shared/clock.ts';
import { isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { elapsed, type Instant, type Milliseconds, milliseconds } from '#shared/units.ts';
import type { ChainSource } from './chain-source.ts';
import { type Invoice, type InvoiceEvent, isWatched } from './invoice.ts';

/** The invoices of the caller, who keeps them. */
export interface InvoiceShelf {
  /** Every invoice that `isWatched` at `now`. */
  watched(now: Instant): Promise<readonly Invoice[]>;
  /**
   * Advances the stored invoice by `event`, keeps it and acts on the effects. Reading, advancing and writing are one
   * transaction, so that nothing else slips between.
   */
  apply(id: string, event: InvoiceEvent): Promise<void>;
}

export interface WatcherOptions {
  readonly source: ChainSource;
  readonly shelf: InvoiceShelf;
  readonly clock: Clock;
  readonly log: Log;
  /** Between two looks at an invoice that someone waits for. */
  readonly interval: Milliseconds;
  /** Between two looks at one that is settled or over. */
  readonly slowInterval: Milliseconds;
}

/** A look each two seconds while someone waits, each minute afterwards. */
export const usualIntervals = { interval: milliseconds(2_000), slowInterval: milliseconds(60_000) };

/**
 * Looks at the chain for every watched invoice, over and over, and reports each look to the shelf. It never decides:
 * a look that fails is reported as unknown. Runs from construction until disposed.
 */
export class InvoiceWatcher implements AsyncDisposable {
  readonly #options: WatcherOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #nap = new AbortController();
  #reachable = true;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Looks at once, not at the end of the interval: a new invoice, or a hint that something was paid. */
  poke(): void {
    this.#nap.abort();
  }

  /** Whether the last look succeeded; true before the first. */
  get reachable(): boolean {
    return this.#reachable;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log, interval } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#nap = new AbortController();
      const wake = AbortSignal.any([this.#nap.signal, this.#stop.signal]);
      try {
        await this.#round();
      } catch (error) {
        if (!isFailure(error)) throw error;
        log.error('payment.watch-failed', { code: error.code });
      }
      await pause(clock, interval, wake).catch(() => undefined);
    }
  }

  async #round(): Promise<void> {
    const { shelf, clock } = this.#options;
    const now = clock.now();
    for (const invoice of await shelf.watched(now)) {
      if (this.#stop.signal.aborted) return;
      if (this.#isDue(invoice, now)) await shelf.apply(invoice.id, await this.#look(invoice));
    }
  }

  #isDue(invoice: Invoice, now: Instant): boolean {
    if (!isWatched(invoice, now)) return false;
    if (invoice.lookedAt === null || isWaitedFor(invoice)) return true;
    return elapsed(invoice.lookedAt, now) >= this.#options.slowInterval;
  }

  async #look(invoice: Invoice): Promise<InvoiceEvent> {
    const { source, clock } = this.#options;
    // taken before the look: what is paid while it runs must not count as missing at its end
    const at = clock.now();
    try {
      const { outputs } = await source.look(invoice);
      this.#tell(true, '');
      return { type: 'looked', at, outputs };
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.#tell(false, error.code);
      return { type: 'unknown', at };
    }
  }

  #tell(reachable: boolean, code: string): void {
    if (reachable === this.#reachable) return;
    this.#reachable = reachable;
    if (reachable) this.#options.log.info('payment.chain-known');
    else this.#options.log.warn('payment.chain-unknown', { code });
  }
}

function isWaitedFor(invoice: Invoice): boolean {
  return !invoice.released && invoice.state !== 'expired';
}
