import { Failure } from '#shared/failure.ts';
import { knownFailureCode } from '#shared/failure-codes.ts';
import { connectUnix } from '#shared/node/unix-socket.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { answerFrame, eventFrame, maxFrameBytes } from '#wire/cell-api.ts';
import { encodeFrame, FrameReader } from '#wire/framing.ts';
import {
  serviceEvents,
  serviceJobOperations,
  type ServiceJobRequest,
  type ServiceJobResult,
  type ServiceProgress,
} from '#wire/service-api.ts';

/** A service job as its asker sees it: as long as he keeps this, it goes on. */
export interface AskedJob {
  readonly result: Promise<ServiceJobResult>;
  /** Ends it at once; `result` then tells what was moved. */
  stop(): void;
  /** The container is changed. */
  goOn(): void;
}

/** The cell tells how far it is twice a second. */
const silenceMs = 15_000;
const ids = { run: 1, stop: 2, goOn: 3 } as const;

/**
 * Asks for a service job over the technician's socket and keeps the connection: when this process dies, the outputs go off.
 * `result` rejects with what the cell refuses, `machine/cell-unreachable`, `message/timed-out`.
 */
export async function askForJob(
  socket: string,
  request: ServiceJobRequest,
  hear: (progress: ServiceProgress) => void,
): Promise<AskedJob> {
  const connection = await connectUnix(socket);
  const answered = Promise.withResolvers<ServiceJobResult>();
  const listening = new Silence(() => answered.reject(new Failure('message/timed-out')));
  const reader = new FrameReader(maxFrameBytes, (bytes) => {
    listening.heard();
    try {
      read(bytes, hear, listening, answered);
    } catch (error) {
      answered.reject(error as Error);
    }
  });
  connection.onBytes((bytes) => reader.feed(bytes));
  connection.onClose(() => answered.reject(new Failure('machine/cell-unreachable')));
  const send = (id: number, op: string, body: object): void =>
    void connection.send(encodeFrame(encodeCbor({ id, op, body }))).catch((error: Error) => answered.reject(error));
  send(ids.run, 'service_run', request);
  const result = answered.promise.finally(() => {
    listening.end();
    connection.close();
  });
  return { result, stop: () => send(ids.stop, 'service_stop', {}), goOn: () => send(ids.goOn, 'service_continue', {}) };
}

function read(
  bytes: Uint8Array,
  hear: (progress: ServiceProgress) => void,
  listening: Silence,
  answered: PromiseWithResolvers<ServiceJobResult>,
): void {
  const frame: unknown = decodeCbor(bytes, maxFrameBytes);
  const event = eventFrame.safeParse(frame);
  if (event.success) {
    const progress = serviceEvents.progress.parse(event.data.body);
    // nobody knows how long it takes to change a container
    if (progress.phase === 'swap') listening.end();
    return hear(progress);
  }
  const answer = answerFrame.parse(frame);
  if (answer.id === ids.stop) return;
  if ('code' in answer) {
    const failure = new Failure(knownFailureCode(answer.code) ?? 'message/malformed', answer.facts);
    // a door that is open is no end: it is asked again
    if (answer.id === ids.run || failure.code !== 'machine/interlock-open') answered.reject(failure);
    return;
  }
  if (answer.id === ids.run) answered.resolve(serviceJobOperations.service_run.answer.parse(answer.body));
}

/** Calls `broken` when nothing was heard for too long. */
class Silence {
  readonly #broken: () => void;
  #timer: NodeJS.Timeout;

  constructor(broken: () => void) {
    this.#broken = broken;
    this.#timer = setTimeout(broken, silenceMs);
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#broken, silenceMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
