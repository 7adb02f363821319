import type { Inputs } from '../dispenser.ts';

const atRest: Inputs = { glass: 'made', door: 'made', tray: 'unfitted', supply: 'open', serviceKey: 'open', empty: 0 };

/** The inputs of the model, and who wants to hear of them. */
export class SimContacts {
  #inputs = atRest;
  readonly #listeners = new Set<(inputs: Inputs) => void>();

  get now(): Inputs {
    return this.#inputs;
  }

  watch(listener: (inputs: Inputs) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Changes inputs; `first` is what the far end does by itself, before anybody is told. */
  change(change: Partial<Inputs>, first: () => void): void {
    const next = { ...this.#inputs, ...change };
    const names = Object.keys(next) as (keyof Inputs)[];
    if (names.every((name) => next[name] === this.#inputs[name])) return;
    this.#inputs = next;
    first();
    for (const listener of this.#listeners) listener(next);
  }

  [Symbol.dispose](): void {
    this.#listeners.clear();
  }
}
