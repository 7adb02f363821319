import type { Clock } from '#shared/clock.ts';
import { Failure, invariant } from '#shared/failure.ts';
import type { Milliseconds } from '#shared/units.ts';
import { valueAt } from '../column.ts';
import type { GuardName, LastJob } from '../dispenser.ts';
import type { DoseBuffer } from '../dose-buffer.ts';
import type { StepBuffer } from '../step-buffer.ts';
import { type FarInputs, inputsAt } from './bridge-inputs.ts';
import { ClockSync } from './clock-sync.ts';
import type { FrameWriter } from './frame.ts';
import { contact, protocolVersion, pumpsOfPulses, request, rowsOfSteps } from './messages.ts';
import { endOf } from './refusal.ts';
import type { SerialLink } from './serial-link.ts';
import { Ticks } from './ticks.ts';

/** What a board says of itself. */
export interface BoardIdentity {
  readonly board: string;
  readonly firmware: string;
  readonly tickNs: number;
  /** Pumps that it can drive. */
  readonly pumps: number;
  /** 1 power, 2 external, 3 brown-out, 4 watchdog. */
  readonly resetCause: number;
  /** Frames that came to it broken. */
  readonly linkErrors: number;
  /** The greatest number that a job had; 0 for none. */
  readonly lastJob: number;
}

export interface BoardStatus extends FarInputs {
  readonly job: number;
  readonly end: LastJob['end'];
  /** Bit n: pump n, as read back. */
  readonly outputs: number;
}

/** How a job is started. */
export interface JobOrder {
  readonly job: number;
  readonly lease: Milliseconds;
  readonly heed: readonly GuardName[];
  readonly delayUs: number;
}

/** In the payload of STEPS, behind session and first row. */
const rowsAt = 5;
const nothing = (): void => undefined;

/** The oldest firmware that keeps what this host relies on. */
const oldestFirmware = [0, 1] as const;

/** One session with a microcontroller: its requests by name. Every method throws as `SerialLink.request` does. */
export class Board {
  readonly identity: BoardIdentity;
  readonly ticks: Ticks;
  readonly sync: ClockSync;
  readonly #link: SerialLink;
  readonly #clock: Clock;
  readonly #session: number;
  /** CRC of the staged steps; wiped like them: whoever tried all doses would know by it which they were. */
  readonly #staged = new Int32Array(1);

  private constructor(link: SerialLink, clock: Clock, session: number, identity: BoardIdentity) {
    this.#link = link;
    this.#clock = clock;
    this.#session = session;
    this.identity = identity;
    this.ticks = new Ticks(identity.tickNs);
    this.sync = new ClockSync(this.ticks);
  }

  /**
   * Begins a session: whatever ran has ended. The request is sent again `repeats` times, if need be.
   * @throws Failure `dispenser/firmware-too-old` {found, needed}
   */
  static async greet(link: SerialLink, clock: Clock, session: number, repeats?: number): Promise<Board> {
    const identity = await link.request(
      request.hello,
      (out) => out.u32(session).u8(protocolVersion),
      identityIn,
      repeats,
    );
    return new Board(link, clock, session, identity);
  }

  /** A request without an answer worth reading. */
  tell(type: number, write: (out: FrameWriter) => void = nothing): Promise<void> {
    return this.#ask(type, write, nothing);
  }

  /** Sends the request again and again beside those that wait for answers, until disposed of; whatever it is answered is not looked at. */
  urge(type: number): Disposable {
    return this.#link.urge(type, (out) => out.u32(this.#session));
  }

  /** Brings the steps over, for `arm`; the record of the last job is gone then. */
  async stage(steps: StepBuffer): Promise<void> {
    this.#staged[0] = 0;
    // a job without steps only waits: its request empties the stage
    for (let first = 0; first === 0 || first < steps.count; first += rowsOfSteps) {
      const end = Math.min(first + rowsOfSteps, steps.count);
      await this.tell(request.steps, (out) => {
        out.u8(first);
        for (let row = first; row < end; row += 1) this.#writeStep(out, steps, row);
        this.#staged[0] = out.crcFrom(rowsAt, valueAt(this.#staged, 0));
      });
    }
  }

  /** Starts the staged steps as a job, `delayUs` after the request has arrived. */
  arm({ job, lease, heed, delayUs }: JobOrder, steps: StepBuffer): Promise<void> {
    return this.tell(request.arm, (out) => {
      let bits = 0;
      for (const name of heed) bits |= 1 << contact[name];
      out.u32(job).u8(steps.count).u32(this.ticks.nearest(steps.restUs)).u16(lease).u8(bits);
      out.u32(this.ticks.nearest(delayUs)).u32(valueAt(this.#staged, 0));
      this.#staged[0] = 0;
    });
  }

  /** `take` as in `status`. */
  renew(job: number, lease: Milliseconds, take: (status: BoardStatus) => void): Promise<BoardStatus> {
    return this.#askStatus(request.renew, (out) => out.u32(job).u16(lease), take);
  }

  /** Calls `take` before any event that came after the answer is told. */
  status(take: (status: BoardStatus) => void): Promise<BoardStatus> {
    return this.#askStatus(request.status, nothing, take);
  }

  /** Fills `doses` with the record of the last job; null when there is none. */
  async last(doses: DoseBuffer): Promise<LastJob | null> {
    doses.wipe();
    let last: LastJob | null = null;
    let rows = 0;
    do {
      const first = doses.count;
      const asked = await this.#ask(
        request.last,
        (out) => out.u8(first),
        (answer) => this.#readLast(answer, doses),
      );
      last = asked.last;
      rows = asked.rows;
      invariant(doses.count > first || first >= rows, 'a record goes on');
    } while (last !== null && doses.count < rows);
    return last;
  }

  /** Pulses of all pumps since the session began, less `before`, for each page of 16 pumps that has one of `meters`. */
  async pulses(into: Uint32Array, meters: readonly number[], before: Uint32Array): Promise<void> {
    for (const first of [0, pumpsOfPulses]) {
      if (!meters.some((pump) => pump >= first && pump < first + pumpsOfPulses)) continue;
      await this.#ask(
        request.pulses,
        (out) => out.u8(first),
        (answer) => {
          for (let n = 0; n < pumpsOfPulses; n += 1) {
            into[first + n] = answer.getUint32(4 * n, true) - valueAt(before, first + n);
          }
        },
      );
    }
  }

  #ask<T>(type: number, write: (out: FrameWriter) => void, read: (answer: DataView) => T): Promise<T> {
    return this.#link.request(type, (out) => write(out.u32(this.#session)), read);
  }

  #askStatus(
    type: number,
    write: (out: FrameWriter) => void,
    take: (status: BoardStatus) => void,
  ): Promise<BoardStatus> {
    let sentAt = 0;
    return this.#ask(
      type,
      (out) => {
        sentAt = this.#clock.monotonic();
        write(out);
      },
      (answer) => {
        this.sync.take(sentAt, this.#clock.monotonic(), answer.getUint32(0, true));
        const status = statusIn(answer);
        take(status);
        return status;
      },
    );
  }

  /** A step begins at the nearest tick and is never longer than planned, so that none overlaps the next or is over a limit by rounding. */
  #writeStep(out: FrameWriter, steps: StepBuffer, row: number): void {
    const startUs = valueAt(steps.startUs, row);
    const start = this.ticks.nearest(startUs);
    const length = Math.max(1, this.ticks.whole(valueAt(steps.stopUs, row) - startUs));
    out
      .u8(valueAt(steps.pump, row))
      .u16(valueAt(steps.drive, row))
      .u32(start)
      .u32(start + length);
  }

  #readLast(answer: DataView, doses: DoseBuffer): { last: LastJob | null; rows: number } {
    const job = answer.getUint32(0, true);
    if (job === 0) return { last: null, rows: 0 };
    doses.elapsedUs = this.ticks.us(answer.getUint32(5, true));
    for (let at = 10; at + 7 <= answer.byteLength && doses.count < doses.pump.length; at += 7) {
      const row = doses.count;
      doses.pump[row] = answer.getUint8(at);
      doses.drive[row] = answer.getUint16(at + 1, true);
      doses.onUs[row] = this.ticks.us(answer.getUint32(at + 3, true));
      doses.count += 1;
    }
    return { last: { job, end: endOf(answer.getUint8(4)) }, rows: answer.getUint8(9) };
  }
}

function identityIn(answer: DataView): BoardIdentity {
  const version = [answer.getUint8(1), answer.getUint8(2), answer.getUint8(3)] as const;
  requireVersion(answer.getUint8(0), version);
  const text = new Uint8Array(answer.buffer, answer.byteOffset + 21, Math.max(0, answer.byteLength - 21));
  return {
    board: String.fromCharCode(...text).replaceAll(/[^\x20-\x7e]/g, '?'),
    firmware: version.join('.'),
    tickNs: answer.getUint32(4, true),
    pumps: answer.getUint8(8),
    resetCause: answer.getUint8(12),
    linkErrors: answer.getUint32(13, true),
    lastJob: answer.getUint32(17, true),
  };
}

function requireVersion(protocol: number, [major, minor, patch]: readonly [number, number, number]): void {
  const isOld = major < oldestFirmware[0] || (major === oldestFirmware[0] && minor < oldestFirmware[1]);
  if (protocol === protocolVersion && !isOld) return;
  throw new Failure('dispenser/firmware-too-old', {
    found: `${major}.${minor}.${patch}, protocol ${protocol}`,
    needed: `${oldestFirmware.join('.')}, protocol ${protocolVersion}`,
  });
}

function statusIn(answer: DataView): BoardStatus {
  return {
    job: answer.getUint32(4, true),
    end: endOf(answer.getUint8(8)),
    outputs: answer.getInt32(9, true),
    ...inputsAt(answer, 13),
  };
}
