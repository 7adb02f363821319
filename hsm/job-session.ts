import { Failure } from '#shared/failure.ts';
import type { Handle } from './cryptoki.ts';
import type { Login } from './login.ts';

/** A PKCS#11 session of one job. Its calls run one after the other: a session carries one operation. */
export class JobSession implements Disposable {
  readonly handle: Handle;
  readonly #login: Login;
  readonly #ended: () => void;
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;

  /** `ended` is called once, when the session is closed. */
  constructor(login: Login, ended: () => void) {
    this.#login = login;
    this.handle = login.openSession();
    this.#ended = ended;
  }

  /** Runs `task` after those before it. @throws Failure `token/failed` once the job has ended */
  next<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(() => {
      if (this.#disposed) throw new Failure('token/failed', { operation: 'job', reason: 'ended' });
      return this.#login.during(task);
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Closes the session, after the call under way if there is one; none begins after this. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    void this.#queue.then(() => {
      this.#login.closeSession(this.handle);
      this.#ended();
    });
  }
}
