import type { Connection } from '#shared/connection.ts';
import { Failure, invariant } from '#shared/failure.ts';
import { knownFailureCode } from '#shared/failure-codes.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import {
  answerFrame,
  type CellAnswer,
  type CellEvent,
  type CellOperation,
  type CellRequest,
  cellEvents,
  cellOperations,
  eventFrame,
  maxFrameBytes,
} from '#wire/cell-api.ts';
import { encodeFrame, FrameReader } from '#wire/framing.ts';

/** Asks the cell. Every call rejects with `machine/cell-unreachable` once the connection is gone. */
export interface CellClient {
  ask<O extends CellOperation>(operation: O, body: CellRequest<O>): Promise<CellAnswer<O>>;
  onEvent(listener: (event: CellEvent) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

interface Waiting {
  readonly operation: CellOperation;
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export function cellClient(connection: Connection): CellClient {
  const waiting = new Map<number, Waiting>();
  const listeners: ((event: CellEvent) => void)[] = [];
  let next = 1;
  let closed = false;
  const take = (frame: Uint8Array): void => {
    const decoded = decodeCbor(frame, maxFrameBytes);
    const event = eventFrame.safeParse(decoded);
    if (!event.success) {
      settle(answerFrame.parse(decoded), waiting);
      return;
    }
    const told = readEvent(event.data);
    for (const listener of listeners) listener(told);
  };
  const reader = new FrameReader(maxFrameBytes, take);
  connection.onBytes((bytes) => {
    if (closed) return;
    try {
      reader.feed(bytes);
    } catch {
      // what is not of the cell's API ends the connection: a new one begins with a known state
      closed = true;
      connection.close();
    }
  });
  connection.onClose(() => {
    closed = true;
    for (const { reject } of waiting.values()) reject(new Failure('machine/cell-unreachable'));
    waiting.clear();
  });
  return {
    async ask(operation, body) {
      if (closed) throw new Failure('machine/cell-unreachable');
      const id = next;
      next += 1;
      const answered = new Promise<unknown>((resolve, reject) => waiting.set(id, { operation, resolve, reject }));
      answered.catch(() => {});
      await connection.send(encodeFrame(encodeCbor({ id, op: operation, body })));
      return (await answered) as CellAnswer<typeof operation>;
    },
    onEvent: (listener) => listeners.push(listener),
    onClose: (listener) => connection.onClose(listener),
    close: () => connection.close(),
  };
}

function settle(answer: ReturnType<typeof answerFrame.parse>, waiting: Map<number, Waiting>): void {
  const asked = waiting.get(answer.id);
  if (asked === undefined) return;
  waiting.delete(answer.id);
  if ('code' in answer) {
    const known = knownFailureCode(answer.code);
    asked.reject(new Failure(known ?? 'message/malformed', answer.facts));
    return;
  }
  const body = cellOperations[asked.operation].answer.safeParse(answer.body);
  if (body.success) asked.resolve(body.data);
  else asked.reject(new Failure('message/malformed', { operation: asked.operation }));
}

function readEvent({ event, body }: { event: string; body: unknown }): CellEvent {
  invariant(Object.hasOwn(cellEvents, event), `an event of the cell, not ${event}`);
  const name = event as keyof typeof cellEvents;
  return { event: name, body: cellEvents[name].parse(body) } as CellEvent;
}
