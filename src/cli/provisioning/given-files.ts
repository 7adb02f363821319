import type { Exchange, Received, Sent } from '#cell/provisioning/run.ts';

/** What the caller named with `--in`, and what is to be written to `--out`. */
export class GivenFiles implements Exchange {
  readonly sent = new Map<Sent, Uint8Array>();
  readonly #given: ReadonlyMap<Received, Uint8Array>;

  constructor(given: Partial<Record<Received, Uint8Array>>) {
    this.#given = new Map(Object.entries(given) as [Received, Uint8Array][]);
  }

  async send(what: Sent, bytes: Uint8Array): Promise<void> {
    this.sent.set(what, bytes);
  }

  async receive(what: Received): Promise<Uint8Array | null> {
    return this.#given.get(what) ?? null;
  }

  /** The caller's files stay the caller's. */
  async erase(): Promise<void> {}
}
