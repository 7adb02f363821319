import type { Asker } from '#cell/api/serve.ts';

/** A technician's connection, which a test may close, and what it was told. */
export class TestAsker implements Asker {
  readonly told: { readonly event: string; readonly body: Record<string, unknown> }[] = [];
  isGone = false;
  readonly #listeners = new Set<() => void>();
  #heard = Promise.withResolvers<void>();

  onGone(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  tell(event: string, body: unknown): void {
    this.told.push({ event, body: body as Record<string, unknown> });
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }

  /** Resolves when the job is told to be in that phase. */
  async inPhase(phase: string): Promise<void> {
    while (!this.told.some(({ body }) => body['phase'] === phase)) await this.#heard.promise;
  }

  /** The connection closes. */
  leave(): void {
    this.isGone = true;
    for (const listener of this.#listeners) listener();
  }
}
