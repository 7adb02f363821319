import pkcs11 from 'pkcs11js';
import type { Entropy } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { asking, type Cryptoki, type Handle, handleNumber, nameOfReturnValue } from './cryptoki.ts';
import type { ObjectFolder } from './object-folder.ts';
import type { TokenCard } from './token-card.ts';

const sessionLimit = 4;
const readWrite = pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION;

/**
 * A person logged in to one token, and the sessions opened under that login. A session carries one operation at a
 * time, so operations that run beside the event loop each borrow one.
 */
export class Login implements Disposable {
  readonly cryptoki: Cryptoki;
  readonly card: TokenCard;
  readonly entropy: Entropy;
  readonly objectFolder: ObjectFolder | null;
  /** For calls that begin and end within one turn of the event loop. */
  readonly session: Handle;
  readonly #idle: Handle[] = [];
  readonly #waiting: ((session: Handle) => void)[] = [];
  #borrowed = 0;
  #running = 0;
  #writing: Promise<unknown> = Promise.resolve();
  #disposed = false;
  #loggedOut = false;

  /** @throws Failure `token/wrong-pin` or `token/pin-locked` after exactly one attempt; it is never repeated. */
  constructor(
    cryptoki: Cryptoki,
    card: TokenCard,
    pin: Uint8Array,
    ports: { readonly entropy: Entropy; readonly objectFolder: ObjectFolder | null },
  ) {
    this.cryptoki = cryptoki;
    this.card = card;
    this.entropy = ports.entropy;
    this.objectFolder = ports.objectFolder;
    this.session = this.openSession();
    try {
      logIn(cryptoki, this.session, pin, card.label);
    } catch (error) {
      this.closeSession(this.session);
      throw error;
    }
  }

  /** A session that the caller closes. */
  openSession(): Handle {
    if (this.#disposed) throw loggedOut();
    return asking('open session', () => this.cryptoki.api.C_OpenSession(this.card.slot, readWrite));
  }

  /** Closes a session, and with it destroys its objects; nothing happens when it is gone already. */
  closeSession(session: Handle): void {
    try {
      this.cryptoki.api.C_CloseSession(session);
    } catch {
      // the module has forgotten it: its objects are gone with it
    }
  }

  /** Runs `task` with a session that nobody else uses meanwhile; waits while all are borrowed. */
  async borrow<T>(task: (session: Handle) => Promise<T>): Promise<T> {
    const session = await this.#take();
    try {
      return await this.during(() => task(session));
    } finally {
      this.#giveBack(session);
    }
  }

  /** Runs `task` on a session of the caller's own; the log-out waits for its end. */
  async during<T>(task: () => Promise<T>): Promise<T> {
    if (this.#disposed) throw loggedOut();
    this.#running += 1;
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.#logOutWhenIdle();
    }
  }

  /** As `borrow`, but one such task after the other: for whatever makes or destroys token objects. */
  write<T>(task: (session: Handle) => Promise<T>): Promise<T> {
    const turn = this.#writing.then(() => this.borrow(task));
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  /** Logs out as soon as the operations under way have ended; none begins after this. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#logOutWhenIdle();
  }

  async #take(): Promise<Handle> {
    if (this.#disposed) throw loggedOut();
    if (this.#borrowed === sessionLimit) {
      return new Promise((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#borrowed += 1;
    try {
      return this.#idle.pop() ?? this.openSession();
    } catch (error) {
      this.#borrowed -= 1;
      throw error;
    }
  }

  #giveBack(session: Handle): void {
    const next = this.#waiting.shift();
    if (next) {
      next(session);
      return;
    }
    this.#borrowed -= 1;
    if (this.#loggedOut) this.closeSession(session);
    else this.#idle.push(session);
  }

  #logOutWhenIdle(): void {
    if (!this.#disposed || this.#running > 0 || this.#loggedOut) return;
    this.#loggedOut = true;
    try {
      this.cryptoki.api.C_Logout(this.session);
    } catch {
      // the token was taken out: nobody is logged in any more
    }
    for (const session of [...this.#idle.splice(0), this.session]) this.closeSession(session);
  }
}

function loggedOut(): Failure {
  return new Failure('token/failed', { operation: 'use token', reason: 'logged out' });
}

function logIn(cryptoki: Cryptoki, session: Handle, pin: Uint8Array, label: string): void {
  // modules take an empty PIN for a null pointer, or for the wish to use a PIN pad
  if (pin.length === 0) throw new Failure('token/wrong-pin', { label });
  const result = cryptoki.native.login(handleNumber(session), pkcs11.CKU_USER, pin, pin.length);
  switch (result) {
    case pkcs11.CKR_OK:
      return;
    case pkcs11.CKR_PIN_INCORRECT:
    case pkcs11.CKR_PIN_INVALID:
    case pkcs11.CKR_PIN_LEN_RANGE:
      throw new Failure('token/wrong-pin', { label });
    case pkcs11.CKR_PIN_LOCKED:
      throw new Failure('token/pin-locked', { label });
    default:
      // CKR_USER_ALREADY_LOGGED_IN too: the PIN would go unchecked, and one log-out would end both logins
      throw new Failure('token/failed', { operation: 'log in', reason: nameOfReturnValue(result) });
  }
}
