import type { z } from 'zod';
import type { Connection } from '#shared/connection.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { maxFrameBytes, requestFrame } from '#wire/cell-api.ts';
import { encodeFrame, FrameReader } from '#wire/framing.ts';

/** Whoever asked, for what lasts as long as he listens. */
export interface Asker {
  /** Whether his connection is closed. */
  readonly isGone: boolean;
  /** Calls `listener` when it closes. */
  onGone(listener: () => void): Disposable;
  /** Tells him, and him alone, something before the answer. */
  tell(event: string, body: unknown): void;
}

/** One operation of a socket: the forms of its request and answer, and what it does. */
export interface Operation {
  readonly request: z.ZodType;
  readonly answer: z.ZodType;
  run(body: unknown, asker?: Asker): Promise<unknown>;
}

const waitingLimit = 64;

/**
 * Answers requests on a connection, in the order they come. Each request and each answer is held against its strict
 * schema; a frame that is not a request ends the connection.
 */
export function serve(connection: Connection, operations: ReadonlyMap<string, Operation>, log: Log): void {
  let waiting = 0;
  const asker = askerOf(connection);
  const reader = new FrameReader(maxFrameBytes, (frame) => {
    if (waiting >= waitingLimit) throw new Failure('message/too-large', { waiting });
    waiting += 1;
    void answer(frame, operations, asker, log)
      .then((bytes) => connection.send(encodeFrame(bytes)))
      .catch((error: unknown) => {
        log.warn('connection closed', { reason: isFailure(error) ? error.code : 'unknown' });
        connection.close();
      })
      .finally(() => {
        waiting -= 1;
      });
  });
  connection.onBytes((bytes) => {
    try {
      reader.feed(bytes);
    } catch {
      connection.close();
    }
  });
}

function askerOf(connection: Connection): Asker {
  const listeners = new Set<() => void>();
  let isGone = false;
  connection.onClose(() => {
    isGone = true;
    for (const listener of listeners) listener();
  });
  return {
    get isGone() {
      return isGone;
    },
    onGone(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    tell: (event, body) =>
      void connection.send(encodeFrame(encodeCbor({ event, body }))).catch(() => connection.close()),
  };
}

async function answer(
  frame: Uint8Array,
  operations: ReadonlyMap<string, Operation>,
  asker: Asker,
  log: Log,
): Promise<Uint8Array> {
  const { id, op, body } = requestFrame.parse(decodeCbor(frame, maxFrameBytes));
  try {
    const operation = operations.get(op);
    if (operation === undefined) throw new Failure('message/unknown-operation', { op });
    const request = operation.request.safeParse(body);
    if (!request.success)
      throw new Failure('message/malformed', { op, field: request.error.issues[0]?.path.join('.') ?? '' });
    return encodeCbor({ id, body: operation.answer.parse(await operation.run(request.data, asker)) });
  } catch (error) {
    if (!isFailure(error)) {
      log.error('operation broke', { op, reason: error instanceof Error ? error.message : 'unknown' });
      throw error;
    }
    log.info('operation refused', { op, code: error.code });
    return encodeCbor({ id, code: error.code, facts: { ...error.facts } });
  }
}
