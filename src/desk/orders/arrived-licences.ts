import type { LicencePost } from './fulfil-order.ts';

/** Numbers of the licences that the cell has stored since desk started, and who waits for one. */
export class ArrivedLicences implements LicencePost {
  readonly #waiting = new Map<number, (() => void)[]>();
  #last = 0;

  /** Says that every licence up to this number is stored. */
  tell(seq: number): void {
    this.#last = Math.max(this.#last, seq);
    for (const [waited, listeners] of this.#waiting) {
      if (waited > this.#last) continue;
      this.#waiting.delete(waited);
      for (const listener of listeners) listener();
    }
  }

  arrived(seq: number): Promise<void> {
    if (seq <= this.#last) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(seq, [...(this.#waiting.get(seq) ?? []), resolve]));
  }
}
