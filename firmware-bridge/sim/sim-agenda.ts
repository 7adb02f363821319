import type { OuterEvent } from './sim-fault.ts';

/** What is to happen around the jobs, in order of time. */
export class SimAgenda {
  #events: OuterEvent[] = [];

  get first(): OuterEvent | undefined {
    return this.#events[0];
  }

  add(...events: readonly OuterEvent[]): void {
    this.#events = [...this.#events, ...events].sort((a, b) => a.at - b.at);
  }

  has(kind: OuterEvent['t']): boolean {
    return this.#events.some(({ t }) => t === kind);
  }

  /** The first has happened. */
  passed(): void {
    this.#events.shift();
  }

  clear(): void {
    this.#events = [];
  }
}
