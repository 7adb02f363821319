import type { Bounds } from '#cell/executor/bounds.ts';
import type { Executor, ExecutorParts } from '#cell/executor/executor.ts';
import { type Grant, requireOpen } from '#cell/executor/grant.ts';
import type { PieceOutcome, Run, RunResult } from '#cell/executor/run.ts';
import type { ExecutorState } from '#cell/executor/state.ts';
import type { MachineKind } from '#cell/machine-kind.ts';
import { Failure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import { microlitres } from '#shared/units.ts';
import { gcodeClass, textOf } from './gcode-class.ts';

/** What a machine was sent, in place of a machine. */
export interface Recording {
  readonly lines: string[];
  /** Its own buffer, one record long; a piece may be wiped once its text lies there. */
  readonly buffer: Uint8Array;
  /** Called with each line, before it counts as sent. */
  onLine(line: string): void;
}

/** A machine of class `gcode` that writes down what it is sent. */
export function recordingKind(): { readonly kind: MachineKind; readonly recording: Recording } {
  const machineClass = gcodeClass();
  const recording: Recording = { lines: [], buffer: new Uint8Array(machineClass.recordBytes), onLine: () => {} };
  const executorOf = ({ dispenser, machine }: ExecutorParts): Executor => ({
    // interlocks are the machine's, whatever it makes
    ready: async () => undefined,
    configure: () => dispenser.configure(machine.limits),
    leftover: () => Promise.resolve(null),
    forgetLeftover: () => Promise.resolve(),
    open: (grant, bounds) => new RecordedRun(grant, bounds, recording),
    openService: () => {
      throw new Error('a machine of class gcode has no lines to keep');
    },
  });
  return { kind: { machineClass, openExecutor: executorOf }, recording };
}

class RecordedRun implements Run {
  readonly #grant: Grant;
  readonly #bounds: Bounds;
  readonly #recording: Recording;
  state: ExecutorState = { t: 'running', pouring: false };

  constructor(grant: Grant, bounds: Bounds, recording: Recording) {
    this.#grant = grant;
    this.#bounds = bounds;
    this.#recording = recording;
  }

  watch(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  async piece(record: DataView, taken: () => unknown = () => {}): Promise<PieceOutcome> {
    requireOpen(this.#grant);
    const { buffer, lines } = this.#recording;
    const text = textOf(record);
    const length = text.length;
    buffer.set(text);
    await taken();
    for (const line of new TextDecoder().decode(buffer.subarray(0, length)).split('\n').slice(0, -1)) {
      this.#recording.onLine(line);
      lines.push(line);
    }
    buffer.fill(0);
    return { t: 'done' };
  }

  async finish(): Promise<RunResult> {
    const isStopped = this.state.t === 'stopped';
    const delivered_ul = microlitres(isStopped ? 0 : this.#bounds.totalUl);
    if (this.state.t === 'stopped') {
      return { result: 'partial', delivered_ul, ordered_ul: this.#bounds.totalUl, reason: this.state.why };
    }
    this.state = { t: 'complete' };
    return { result: 'ok', delivered_ul, ordered_ul: this.#bounds.totalUl, reason: null };
  }

  hold(): Promise<void> {
    throw new Failure('order/wrong-state');
  }

  resume(): Promise<void> {
    throw new Failure('order/wrong-state');
  }

  async stop(why: FailureCode): Promise<void> {
    this.state = { t: 'stopped', why };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#recording.buffer.fill(0);
  }
}
