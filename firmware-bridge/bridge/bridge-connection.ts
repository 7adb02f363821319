import { type Clock, pause } from '#shared/clock.ts';
import type { Entropy } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { type Milliseconds, milliseconds } from '#shared/units.ts';
import { Board } from './board.ts';
import type { Frame } from './frame.ts';
import { event } from './messages.ts';
import { type LinkCounts, SerialLink } from './serial-link.ts';
import type { OpenPort } from './serial-port.ts';

/** Where a bridge gets its time, chance and port. */
export interface BridgePorts {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly openPort: OpenPort;
}

/** Who lives on a connection. */
export interface Tenant {
  /** A session has begun; nothing else is asked of the board before this settles. */
  onUp(board: Board): Promise<void>;
  /** From now on the board can be asked by everybody. */
  onReady(): void;
  /** The session is over, and with it everything that ran. */
  onDown(why: Failure): void;
  onEvent(frame: Frame): void;
}

/** A greeting is repeated for 5 s: opening the port resets many boards, and their boot loaders take their time. */
const greetings = 166;
const firstPause = 100;
const longestPause = 5_000;

/**
 * The way to one board that comes and goes: the port is opened, the board greeted, and both again whenever the cable was out or the
 * board was reset. Each greeting begins a new session, in which nothing of an earlier one is left.
 */
export class BridgeConnection {
  readonly #path: { readonly port: string; readonly baud: number };
  readonly #ports: BridgePorts;
  readonly #tenant: Tenant;
  readonly #closing = new AbortController();
  #link: SerialLink | null = null;
  /** Null while there is no session. */
  #board: Board | null = null;
  #why: Failure = new Failure('dispenser/link-lost');
  /** Settles when the session ends. */
  #ended = Promise.withResolvers<Failure>();
  readonly #waiters = new Set<(board: Board) => void>();
  #keeping: Promise<void> = Promise.resolve();

  private constructor(path: { readonly port: string; readonly baud: number }, ports: BridgePorts, tenant: Tenant) {
    this.#path = path;
    this.#ports = ports;
    this.#tenant = tenant;
  }

  /**
   * Opens the port and greets the board, once; afterwards it is kept up until `close`.
   * @throws Failure `dispenser/port-unavailable`, `dispenser/board-silent` {port} after 5 s, `dispenser/firmware-too-old`
   */
  static async open(
    path: { readonly port: string; readonly baud: number },
    ports: BridgePorts,
    tenant: Tenant,
  ): Promise<BridgeConnection> {
    const connection = new BridgeConnection(path, ports, tenant);
    await connection.#connect();
    connection.#keeping = connection.#keep();
    return connection;
  }

  /** @throws Failure that ended the last session */
  get counts(): LinkCounts {
    if (this.#link === null) throw this.#why;
    return this.#link.counts;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  get boardOrNull(): Board | null {
    return this.#board;
  }

  /** The board as it is now. @throws Failure that ended the last session */
  get board(): Board {
    if (this.#board === null) throw this.#why;
    return this.#board;
  }

  /** Waits up to `patience` for a session. @throws Failure that ended the last one */
  async ready(patience: Milliseconds): Promise<Board> {
    if (this.#board !== null) return this.#board;
    const up = Promise.withResolvers<Board>();
    this.#waiters.add(up.resolve);
    using _timer = this.#ports.clock.after(patience, () => up.reject(this.#why));
    try {
      return await up.promise;
    } finally {
      this.#waiters.delete(up.resolve);
    }
  }

  /** Ends the session by beginning another; the tenant is not told. @throws Failure as `ready` does, and as `Board.greet` */
  async renewSession(patience: Milliseconds): Promise<Board> {
    await this.ready(patience);
    const link = this.#link;
    if (link === null) throw this.#why;
    const board = await Board.greet(link, this.#ports.clock, this.#drawSession());
    if (this.#link === link && this.#board !== null) this.#board = board;
    return board;
  }

  /** Something showed that this board has forgotten its session. */
  sessionLost(board: Board, why: Failure): void {
    if (this.#board === board) this.#end(why);
  }

  async close(): Promise<void> {
    const why = new Failure('dispenser/link-lost', { reason: 'closed' });
    this.#closing.abort(why);
    this.#end(why);
    await this.#link?.close();
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const why = await this.#ended.promise;
      this.#ended = Promise.withResolvers();
      if (!this.isClosed) this.#ports.log.warn('pump board lost', { error: why.message });
      await this.#comeBack();
      if (this.isClosed) return;
    }
  }

  /** Tries again and again, more and more seldom. */
  async #comeBack(): Promise<void> {
    let wait = firstPause;
    while (!this.isClosed) {
      try {
        await this.#connect();
        this.#ports.log.info('pump board is back', { firmware: this.board.identity.firmware });
        return;
      } catch (error) {
        if (this.isClosed) return;
        if (!isFailure(error)) throw error;
        this.#why = error;
      }
      await pause(this.#ports.clock, milliseconds(wait), this.#closing.signal).catch(() => undefined);
      wait = Math.min(longestPause, wait * 2);
    }
  }

  /** Greets on the link that there is, or on a new one. */
  async #connect(): Promise<void> {
    const link = this.#link ?? (await this.#openLink());
    try {
      const board = await this.#greet(link);
      await this.#tenant.onUp(board);
      if (this.#link !== link) throw this.#why;
      this.#board = board;
      for (const take of this.#waiters) take(board);
      this.#tenant.onReady();
    } catch (error) {
      this.#link = null;
      await link.close();
      throw error;
    }
  }

  async #openLink(): Promise<SerialLink> {
    const { port: path, baud } = this.#path;
    const port = await this.#ports.openPort(path, baud);
    if (this.isClosed) {
      await port.close();
      throw this.#why;
    }
    const [seq = 0] = this.#ports.entropy.bytes(1);
    const link: SerialLink = new SerialLink({
      port,
      clock: this.#ports.clock,
      firstSeq: Math.max(1, seq),
      onEvent: (frame) => this.#onEvent(link, frame),
      onLost: (why) => this.#onLost(link, why),
    });
    this.#link = link;
    return link;
  }

  async #greet(link: SerialLink): Promise<Board> {
    try {
      return await Board.greet(link, this.#ports.clock, this.#drawSession(), greetings);
    } catch (error) {
      const isSilent = isFailure(error, 'dispenser/link-lost') && error.facts['reason'] === 'no answer';
      throw isSilent ? new Failure('dispenser/board-silent', { port: this.#path.port }) : error;
    }
  }

  #onEvent(link: SerialLink, frame: Frame): void {
    if (this.#link !== link) return;
    if (frame.type !== event.reset) this.#tenant.onEvent(frame);
    else this.#end(new Failure('dispenser/reset', { cause: causeOf(frame.payload.getUint8(0)) }));
  }

  #onLost(link: SerialLink, why: Failure): void {
    if (this.#link !== link) return;
    this.#link = null;
    this.#end(why);
    void link.close();
  }

  #end(why: Failure): void {
    this.#why = why;
    if (this.#board === null) return;
    this.#board = null;
    this.#tenant.onDown(why);
    this.#ended.resolve(why);
  }

  /** Not 0. */
  #drawSession(): number {
    const bytes = this.#ports.entropy.bytes(4);
    return Math.max(1, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true));
  }
}

function causeOf(cause: number): string {
  return ['unknown', 'power', 'external', 'brown-out', 'watchdog'][cause] ?? 'unknown';
}
