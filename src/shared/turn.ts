/** Work that must not overlap: each piece begins when the one before it has settled, in the order of the calls. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when its turn has come; settles as the work does. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
