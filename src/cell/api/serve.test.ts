import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Connection } from '#shared/connection.ts';
import { Failure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { maxFrameBytes } from '#wire/cell-api.ts';
import { encodeFrame, FrameReader } from '#wire/framing.ts';
import { type Operation, serve } from './serve.ts';

/** The other end of a connection that is served. */
class Caller {
  readonly answers: unknown[] = [];
  closed = false;
  /** Holds back what is sent to the caller. */
  full: Promise<void> = Promise.resolve();
  #bytes: (bytes: Uint8Array) => void = () => {};
  #heard = Promise.withResolvers<void>();

  constructor(operations: Record<string, Operation>) {
    const reader = new FrameReader(maxFrameBytes, (frame) => this.answers.push(decodeCbor(frame, maxFrameBytes)));
    const connection: Connection = {
      send: async (bytes) => {
        await this.full;
        reader.feed(bytes);
        this.#tell();
      },
      onBytes: (listener) => {
        this.#bytes = listener;
      },
      onClose: () => {},
      close: () => {
        this.closed = true;
        this.#tell();
      },
    };
    serve(connection, new Map(Object.entries(operations)), silentLog);
  }

  raw(bytes: Uint8Array): this {
    this.#bytes(bytes);
    return this;
  }

  ask(id: number, op: string, body: unknown = {}): this {
    return this.raw(encodeFrame(encodeCbor({ id, op, body })));
  }

  async answered(count: number): Promise<unknown[]> {
    while (this.answers.length < count && !this.closed) await this.#heard.promise;
    return this.answers;
  }

  async ended(): Promise<boolean> {
    while (!this.closed) await this.#heard.promise;
    return true;
  }

  #tell(): void {
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }
}

const number = z.strictObject({ n: z.int() });
const echo: Operation = { request: number, answer: number, run: (body) => Promise.resolve(body) };
const operation = (run: Operation['run']): Operation => ({ ...echo, run });

describe('a served connection', () => {
  it('answers each request under its id', async () => {
    const caller = new Caller({ echo }).ask(7, 'echo', { n: 1 }).ask(8, 'echo', { n: 2 });
    expect(await caller.answered(2)).toEqual([
      { id: 7, body: { n: 1 } },
      { id: 8, body: { n: 2 } },
    ]);
  });

  it('takes frames in any portions', async () => {
    const bytes = Buffer.concat([1, 2, 3].map((n) => encodeFrame(encodeCbor({ id: n, op: 'echo', body: { n } }))));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length }), { maxLength: 6 }), async (cuts) => {
        const caller = new Caller({ echo });
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        for (let i = 1; i < at.length; i += 1) caller.raw(bytes.subarray(at[i - 1], at[i]));
        expect(await caller.answered(3)).toHaveLength(3);
      }),
    );
  });

  it('says with a code what it does not do', async () => {
    const refused = operation(() => Promise.reject(new Failure('machine/busy', { uploads: 4 })));
    const thrown = operation(() => {
      throw new Failure('offer/limit-reached', { limit: 'nonces' });
    });
    const caller = new Caller({ echo, refused, thrown });
    caller.ask(1, 'nothing').ask(2, 'echo', { n: 'one' }).ask(3, 'echo', { n: 1, more: 1 });
    caller.ask(4, 'refused', { n: 1 }).ask(5, 'thrown', { n: 1 }).ask(6, '__proto__').ask(7, 'echo', null);
    const answers = (await caller.answered(7)) as { id: number; code: string }[];
    expect(answers.toSorted((a, b) => a.id - b.id)).toMatchObject([
      { id: 1, code: 'message/unknown-operation', facts: { op: 'nothing' } },
      { id: 2, code: 'message/malformed' },
      { id: 3, code: 'message/malformed' },
      { id: 4, code: 'machine/busy', facts: { uploads: 4 } },
      { id: 5, code: 'offer/limit-reached' },
      { id: 6, code: 'message/unknown-operation' },
      { id: 7, code: 'message/malformed' },
    ]);
    expect(caller.closed).toBe(false);
  });

  it('is closed by whatever is no request', async () => {
    const frames = [
      new Uint8Array(0),
      new Uint8Array([0xff]),
      encodeCbor({ id: -1, op: 'echo', body: {} }),
      encodeCbor({ id: 1, op: 'x'.repeat(33), body: {} }),
      encodeCbor({ id: 1, op: 'echo', body: {}, more: 1 }),
      encodeCbor([1, 'echo', {}]),
    ];
    for (const frame of frames) expect(await new Caller({ echo }).raw(encodeFrame(frame)).ended()).toBe(true);
  });

  it('is closed by the mere announcement of a frame that is too large', () => {
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, maxFrameBytes + 1);
    expect(new Caller({ echo }).raw(head).closed).toBe(true);
  });

  it('is closed when more than 64 requests wait', async () => {
    const go = Promise.withResolvers<void>();
    const slow = operation(async (body) => {
      await go.promise;
      return body;
    });
    const caller = new Caller({ slow });
    for (let id = 0; id < 64; id += 1) caller.ask(id, 'slow', { n: id });
    expect(caller.closed).toBe(false);
    caller.ask(64, 'slow', { n: 64 });
    expect(caller.closed).toBe(true);
    go.resolve();
  });

  it('counts answers that nobody takes as waiting', async () => {
    const room = Promise.withResolvers<void>();
    const caller = new Caller({ echo });
    caller.full = room.promise;
    for (let id = 0; id < 65; id += 1) caller.ask(id, 'echo', { n: id });
    expect(caller.closed).toBe(true);
    room.resolve();
  });

  it('takes any number of requests one after the other', async () => {
    const caller = new Caller({ echo });
    for (let id = 1; id <= 200; id += 1) {
      caller.ask(id, 'echo', { n: id });
      await caller.answered(id);
    }
    expect(caller.answers).toHaveLength(200);
  });

  it('is closed, and tells nothing, when an answer is not as its schema says', async () => {
    const leaky = operation(() => Promise.resolve({ n: 1, amount_ul: 40_000 }));
    const caller = new Caller({ leaky }).ask(1, 'leaky', { n: 1 });
    expect(await caller.ended()).toBe(true);
    expect(caller.answers).toEqual([]);
  });

  it('is closed, and tells nothing, when an operation breaks', async () => {
    const caller = new Caller({ broken: operation(() => Promise.reject(new Error('secret 42'))) });
    expect(await caller.ask(1, 'broken', { n: 1 }).ended()).toBe(true);
    expect(caller.answers).toEqual([]);
  });

  it('is closed when an answer cannot be sent', async () => {
    const caller = new Caller({ echo });
    caller.full = Promise.reject(new Failure('machine/cell-unreachable'));
    expect(await caller.ask(1, 'echo', { n: 1 }).ended()).toBe(true);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        new Caller({ echo }).raw(bytes).raw(randomBytes(8));
      }),
    );
  });
});
