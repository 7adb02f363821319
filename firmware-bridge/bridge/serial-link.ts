import { type Clock, pause } from '#shared/clock.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { Turn } from '#shared/turn.ts';
import { milliseconds } from '#shared/units.ts';
import { type Frame, FrameReader, FrameWriter } from './frame.ts';
import { answerBit, firstEvent, lastEvent, refusalType } from './messages.ts';
import { failureOf } from './refusal.ts';
import type { SerialPort } from './serial-port.ts';

/** Without an answer for so long the same bytes go out again. */
const patience = milliseconds(30);
const mostRepeats = 5;
/** The number of a request that has no place in the order of the others. */
const outOfTurn = 0;
/** An urgent request is sent again so soon. */
const urgency = milliseconds(15);
/** How long a write may still be on its way to the system when the port is closed. */
const writeEnds = milliseconds(100);

export interface LinkPorts {
  readonly port: SerialPort;
  readonly clock: Clock;
  /** Of the first request, 1 … 255; drawn at random, so that an answer to an earlier host is hardly taken for one to this. */
  readonly firstSeq: number;
  /** An event, to be read in place. */
  readonly onEvent: (event: Frame) => void;
  /** Called once, when the link is lost or closed. */
  readonly onLost: (why: Failure) => void;
}

interface Request<T> {
  readonly type: number;
  readonly write: (out: FrameWriter) => void;
  readonly read: (answer: DataView) => T;
  readonly repeats: number;
}

interface Waiting {
  readonly type: number;
  readonly seq: number;
  readonly take: (frame: Frame) => void;
}

/** What the line is like; for tests and the doctor. */
export interface LinkCounts {
  readonly requests: number;
  readonly repeats: number;
  /** Frames that came broken. */
  readonly dropped: number;
  /** Answers that nobody waited for. */
  readonly strays: number;
}

/**
 * Requests and answers over one open port (PROTOCOL.md, "Frames"): one request under way, sent again with the same bytes until it is
 * answered, then the link is lost, for good. Bytes lie in three buffers that are wiped: received, decoded, to be sent.
 */
export class SerialLink {
  readonly #ports: LinkPorts;
  readonly #turn = new Turn();
  readonly #reader = new FrameReader();
  readonly #writer = new FrameWriter();
  readonly #received = new Uint8Array(256);
  #seq: number;
  #waiting: Waiting | null = null;
  /** Ends the wait of the request under way. */
  #giveUp: ((why: Failure) => void) | null = null;
  #lost: Failure | null = null;
  #writing: Promise<void> = Promise.resolve();
  #requests = 0;
  #repeats = 0;
  #strays = 0;

  constructor(ports: LinkPorts) {
    this.#ports = ports;
    this.#seq = ports.firstSeq;
    void this.#listen();
  }

  get counts(): LinkCounts {
    return {
      requests: this.#requests,
      repeats: this.#repeats,
      dropped: this.#reader.dropped,
      strays: this.#strays,
    };
  }

  /**
   * Sends a request when those before it are answered. `write` fills in its payload just then; `read` reads the answer in place. Whoever
   * may still be booting is asked with more `repeats`.
   * @throws Failure `dispenser/link-lost`, or as the far end refuses (`refusal.ts`)
   */
  request<T>(
    type: number,
    write: (out: FrameWriter) => void,
    read: (answer: DataView) => T,
    repeats = mostRepeats,
  ): Promise<T> {
    return this.#turn.take(() => this.#ask({ type, write, read, repeats }));
  }

  /**
   * Sends a request out of turn, beside the one that waits for its answer, at once and every 15 ms until disposed of; it gets no answer.
   * The far end takes `stop` so and nothing else.
   */
  urge(type: number, write: (out: FrameWriter) => void): Disposable {
    const writer = new FrameWriter();
    write(writer.begin(type, outOfTurn));
    const bytes = writer.end();
    let timer: Disposable | null = null;
    const send = (): void => {
      if (this.#waiting !== null) this.#send(bytes);
      timer = this.#ports.clock.after(urgency, send);
    };
    send();
    return { [Symbol.dispose]: () => timer?.[Symbol.dispose]() };
  }

  /** Whether nothing of any frame is kept. */
  isWiped(): boolean {
    return this.#writer.isWiped() && this.#reader.isWiped() && this.#received.every((byte) => byte === 0);
  }

  /** Ends the link and gives the port back; whoever still waits for an answer is told `dispenser/link-lost`. */
  async close(): Promise<void> {
    this.#lose(new Failure('dispenser/link-lost', { reason: 'closed' }));
    // after the close its file number may be another file's
    await Promise.race([this.#writing, pause(this.#ports.clock, writeEnds)]);
    await this.#ports.port.close();
  }

  async #ask<T>({ type, write, read, repeats }: Request<T>): Promise<T> {
    if (this.#lost !== null) throw this.#lost;
    this.#requests += 1;
    const seq = this.#seq;
    this.#seq = (seq % 255) + 1;
    const answer = Promise.withResolvers<T>();
    this.#giveUp = answer.reject;
    this.#waiting = { type, seq, take: (frame) => settle(answer, frame, read) };
    try {
      write(this.#writer.begin(type, seq));
      const bytes = this.#writer.end();
      using _repeats = this.#repeatUntilAnswered(bytes, repeats);
      return await answer.promise;
    } finally {
      this.#waiting = null;
      this.#giveUp = null;
      await this.#writing;
      this.#writer.wipe();
    }
  }

  #repeatUntilAnswered(bytes: Uint8Array, most: number): Disposable {
    let repeats = 0;
    let timer: Disposable | null = null;
    let isOver = false;
    const wait = (): void => {
      if (!isOver) timer = this.#ports.clock.after(patience, again);
    };
    const again = (): void => {
      if (repeats === most) {
        this.#lose(new Failure('dispenser/link-lost', { reason: 'no answer' }));
        return;
      }
      repeats += 1;
      this.#repeats += 1;
      this.#send(bytes);
      wait();
    };
    this.#send(bytes);
    wait();
    return {
      [Symbol.dispose]: () => {
        isOver = true;
        timer?.[Symbol.dispose]();
      },
    };
  }

  /** One write under way; the same bytes need not be sent again while they still are being sent. */
  #isWriting = false;
  #send(bytes: Uint8Array): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#writing = this.#ports.port
      .write(bytes)
      .catch((error: unknown) => this.#lose(new Failure('dispenser/link-lost', { reason: 'port gone' }, error)))
      .finally(() => {
        this.#isWriting = false;
      });
  }

  async #listen(): Promise<void> {
    try {
      while (this.#lost === null) {
        const count = await this.#ports.port.read(this.#received);
        const bytes = this.#received.subarray(0, count);
        this.#reader.push(bytes, (frame) => this.#take(frame));
        bytes.fill(0);
      }
    } catch (error) {
      this.#lose(new Failure('dispenser/link-lost', { reason: 'port gone' }, error));
    } finally {
      this.#received.fill(0);
      this.#reader.wipe();
    }
  }

  #take(frame: Frame): void {
    if (frame.type >= firstEvent && frame.type <= lastEvent) {
      this.#ports.onEvent(frame);
      return;
    }
    const waiting = this.#waiting;
    const isAnswer =
      waiting?.seq === frame.seq && (frame.type === (waiting.type | answerBit) || frame.type === refusalType);
    if (!isAnswer) {
      this.#strays += 1;
      return;
    }
    this.#waiting = null;
    waiting.take(frame);
  }

  #lose(why: Failure): void {
    if (this.#lost !== null) return;
    this.#lost = why;
    this.#giveUp?.(why);
    this.#ports.onLost(why);
  }
}

function settle<T>(answer: PromiseWithResolvers<T>, frame: Frame, read: (answer: DataView) => T): void {
  try {
    if (frame.type === refusalType) throw failureOf(frame.payload);
    answer.resolve(read(frame.payload));
  } catch (error) {
    const told = isFailure(error)
      ? error
      : new Failure('dispenser/failed', { reason: 'the answer makes no sense' }, error);
    answer.reject(told);
  }
}
