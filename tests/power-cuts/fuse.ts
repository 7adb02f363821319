/**
 * Counts the steps that a process takes on the world around it, and ends it before one of them: whatever it waits for then never
 * comes, as for a process that is gone.
 */
export class Fuse {
  readonly steps: string[] = [];
  readonly blown: Promise<'cut'>;
  readonly #at: number;
  readonly #blow: (cut: 'cut') => void;
  #isBlown = false;

  constructor(at = Number.POSITIVE_INFINITY) {
    this.#at = at;
    const { promise, resolve } = Promise.withResolvers<'cut'>();
    this.blown = promise;
    this.#blow = resolve;
  }

  get isBlown(): boolean {
    return this.#isBlown;
  }

  /** Resolves when the step may be taken. */
  async pass(step: string): Promise<void> {
    if (this.steps.length >= this.#at) this.blow();
    if (this.#isBlown) return new Promise(() => {});
    this.steps.push(step);
    await Promise.resolve();
  }

  /** Ends the process now. */
  blow(): void {
    this.#isBlown = true;
    this.#blow('cut');
  }
}
