import { type Child, type ChildOptions, startChild } from './child.ts';

/** One process of the demonstration, which can be ended and started again. Disposing it ends it. */
export class DemoProcess<T extends object = object> implements AsyncDisposable {
  readonly #options: ChildOptions;
  #child: Child<T> | null = null;
  #starting: { readonly child: Promise<Child<T>>; readonly giveUp: AbortController } | null = null;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  /** Id of the process that runs now; null while none does. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** What it said when it was ready. @throws Failure as `startChild` */
  async start(): Promise<T> {
    await this.stop();
    const giveUp = new AbortController();
    const { giveUp: outer, ...options } = this.#options;
    const either = AbortSignal.any([giveUp.signal, ...(outer === undefined ? [] : [outer])]);
    const starting = { child: startChild<T>({ ...options, giveUp: either }), giveUp };
    this.#starting = starting;
    const child = await starting.child;
    // whoever stopped it meanwhile ends it
    if (this.#starting === starting) this.#child = child;
    return child.ready;
  }

  /** Ends it in order, as a shutdown does. */
  async stop(): Promise<void> {
    const starting = this.#starting;
    this.#starting = null;
    this.#child = null;
    starting?.giveUp.abort();
    const child = await starting?.child.catch(() => null);
    await child?.[Symbol.asyncDispose]();
  }

  /** Ends it at once, as a power cut does. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#starting = null;
    this.#child = null;
    child?.kill('SIGKILL');
    await child?.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
