import { type Operation, serve } from '#cell/api/serve.ts';
import type { Connection } from '#shared/connection.ts';
import { Failure } from '#shared/failure.ts';
import { type Log, silentLog } from '#shared/log.ts';
import { decodeCbor } from '#wire/cbor.ts';
import { answerFrame, cellOperations, maxFrameBytes, serviceOperations } from '#wire/cell-api.ts';
import { encodeFrame, FrameReader } from '#wire/framing.ts';
import { seedsOf } from '../corpus.ts';
import type { Target } from '../fuzz.ts';
import type { Mutator } from '../mutate.ts';

/** What a taken-over desk may write to its socket, cut into portions anyhow: framing, request frame, and the form of each request. */
export function cellApiTarget(): Target {
  const seeds = seedsOf('cell-api');
  const operations = formsOnly();
  return {
    name: 'cell API',
    seeds,
    codes: [],
    make: (mutator) => stream(mutator, seeds),
    feed: (bytes) => new Line(operations).feed(bytes),
  };
}

/** Frames behind one another, now and then with a length that is not theirs. */
function stream(mutator: Mutator, seeds: readonly Uint8Array[]): Uint8Array {
  const frames = Array.from({ length: 1 + mutator.below(2) }, () => encodeFrame(mutator.change(mutator.pick(seeds))));
  const bytes = new Uint8Array(Buffer.concat(frames));
  return mutator.below(10) === 0 ? mutator.change(bytes) : bytes;
}

/** Every operation of both sockets with its schemas; a request in the right form is refused by its code. */
function formsOnly(): ReadonlyMap<string, Operation> {
  const run = (): never => {
    throw new Failure('order/unknown');
  };
  return new Map(
    Object.entries({ ...serviceOperations, ...cellOperations }).map(([name, forms]) => [name, { ...forms, run }]),
  );
}

/** Both ends of a connection in this process. */
class Line {
  readonly #answers = new Set<string>();
  readonly #bugs: string[] = [];
  #isClosed = false;
  #waiting = 0;
  readonly #settled = Promise.withResolvers<void>();
  #deliver: (bytes: Uint8Array) => void = () => {};

  constructor(operations: ReadonlyMap<string, Operation>) {
    const reader = new FrameReader(maxFrameBytes, (frame) => this.#read(frame));
    const connection: Connection = {
      send: async (bytes) => reader.feed(bytes),
      onBytes: (listener) => {
        this.#deliver = listener;
      },
      onClose() {},
      close: () => {
        this.#isClosed = true;
        this.#settled.resolve();
      },
    };
    const log: Log = { ...silentLog, error: (event, fields) => this.#bugs.push(`${event} ${JSON.stringify(fields)}`) };
    serve(connection, operations, log);
  }

  async feed(bytes: Uint8Array): Promise<boolean> {
    this.#waiting = wholeFrames(bytes);
    if (this.#waiting === 0) this.#settled.resolve();
    const half = bytes.length >> 1;
    this.#deliver(bytes.subarray(0, half));
    this.#deliver(bytes.subarray(half));
    await this.#settled.promise;
    if (this.#bugs.length > 0) throw new Error(this.#bugs.join());
    for (const code of this.#answers) if (!answerCodes.has(code)) throw new Error(`answered ${code}`);
    return !this.#isClosed;
  }

  #read(frame: Uint8Array): void {
    const answer = answerFrame.parse(decodeCbor(frame, maxFrameBytes));
    if ('code' in answer) this.#answers.add(answer.code);
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#settled.resolve();
  }
}

const answerCodes = new Set(['order/unknown', 'message/malformed', 'message/unknown-operation']);

/** Frames that end within the bytes; none after one that is too long. */
function wholeFrames(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let count = 0;
  for (let at = 0; at + 4 <= bytes.length; count += 1) {
    const length = view.getUint32(at);
    if (length > maxFrameBytes || at + 4 + length > bytes.length) break;
    at += 4 + length;
  }
  return count;
}
