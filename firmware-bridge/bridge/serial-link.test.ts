import { beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '#shared/failure.ts';
import { FakePort, settled } from '#tests/support/fake-port.ts';
import { ManualClock } from '#tests/support/manual-clock.ts';
import { FrameWriter } from './frame.ts';
import { request } from './messages.ts';
import { SerialLink } from './serial-link.ts';

let port: FakePort;
let clock: ManualClock;
let link: SerialLink;
let events: number[];
let lost: Failure[];

beforeEach(() => {
  port = new FakePort();
  clock = new ManualClock();
  events = [];
  lost = [];
  link = new SerialLink({
    port,
    clock,
    firstSeq: 254,
    onEvent: ({ type }) => events.push(type),
    onLost: (why) => lost.push(why),
  });
});

function frame(type: number, seq: number, ...payload: readonly number[]): Uint8Array {
  const writer = new FrameWriter().begin(type, seq);
  for (const byte of payload) writer.u8(byte);
  return writer.end();
}

/** What a request fails with, as text; watched from the start, so that none is unhandled. */
const failure = (work: Promise<unknown>): Promise<string> => work.then(() => 'none', String);

const ask = (): Promise<number> =>
  link.request(
    request.status,
    (out) => out.u32(0xdecaf),
    (answer) => answer.getUint8(0),
  );

describe('an urgent request', () => {
  it('goes out beside one that waits for its answer, again and again until it is over', async () => {
    const answer = ask();
    await settled();
    const urging = link.urge(request.stop, (out) => out.u32(7));
    await settled();
    const stop = frame(request.stop, 0, 7, 0, 0, 0);
    expect(port.sent.slice(1)).toEqual([stop]);
    clock.advance(15);
    expect(port.sent.slice(2)).toEqual([stop]);
    await port.deliver(frame(0x60, 254, 7));
    expect(await answer).toBe(7);
    urging[Symbol.dispose]();
    clock.advance(100);
    expect(port.sent).toHaveLength(3);
  });
});

describe('a request', () => {
  it('is answered by the frame of its type and number, read in place', async () => {
    const answer = ask();
    await settled();
    expect(port.sent).toEqual([frame(request.status, 254, 0xaf, 0xec, 0x0d, 0)]);
    await port.deliver(frame(0x60, 254, 7));
    expect(await answer).toBe(7);
  });

  it('is not answered by a frame of another number, another type or another request', async () => {
    const answer = ask();
    await settled();
    for (const other of [frame(0x60, 253, 1), frame(0x61, 254, 1), frame(0x7f, 1, 4, 0)]) await port.deliver(other);
    expect(link.counts.strays).toBe(3);
    await port.deliver(frame(0x60, 254, 7));
    expect(await answer).toBe(7);
  });

  it('goes out again after 30 ms, the same bytes, five times; then the link is lost', async () => {
    const refused = failure(ask());
    await settled();
    for (let repeats = 1; repeats <= 5; repeats += 1) {
      clock.advance(29);
      expect(port.sent).toHaveLength(repeats);
      clock.advance(1);
      await settled();
      expect(port.sent).toHaveLength(repeats + 1);
      expect(port.sent.at(-1)).toEqual(port.sent[0]);
    }
    clock.advance(30);
    expect(await refused).toContain('dispenser/link-lost (reason=no answer)');
    expect(lost.map(({ code }) => code)).toEqual(['dispenser/link-lost']);
    await expect(ask()).rejects.toThrow('dispenser/link-lost');
    expect(port.sent).toHaveLength(6);
  });

  it('waits for the one before it, and numbers go round without 0', async () => {
    const first = ask();
    const second = ask();
    const third = ask();
    await settled();
    expect(port.sent).toHaveLength(1);
    for (const [seq, told] of [
      [254, 1],
      [255, 2],
      [1, 3],
    ] as const) {
      await port.deliver(frame(0x60, seq, told));
    }
    expect(await Promise.all([first, second, third])).toEqual([1, 2, 3]);
  });

  it('that is refused fails with what the refusal means', async () => {
    const refused = failure(ask());
    await settled();
    await port.deliver(frame(0x7f, 254, 6, 9));
    expect(await refused).toContain('dispenser/unknown-pump (pump=9)');
  });

  it('whose answer makes no sense fails, and the next one is served', async () => {
    const senseless = failure(ask());
    await settled();
    await port.deliver(frame(0x60, 254));
    expect(await senseless).toContain('dispenser/failed');
    const next = ask();
    await settled();
    await port.deliver(frame(0x60, 255, 3));
    expect(await next).toBe(3);
  });

  it('is not sent again while it still is being written, so that one write is under way at most', async () => {
    const release = Promise.withResolvers<void>();
    port.hold = release.promise;
    const answer = ask();
    await settled();
    clock.advance(60);
    expect(port.sent).toHaveLength(1);
    release.resolve();
    await settled();
    clock.advance(30);
    expect(port.sent).toHaveLength(2);
    await settled();
    await port.deliver(frame(0x60, 254, 7));
    await answer;
    expect(port.mostWriting).toBe(1);
  });

  it('leaves nothing of itself and its answer behind, however it ends', async () => {
    const answered = ask();
    await settled();
    expect(link.isWiped()).toBe(false);
    await port.deliver(frame(0x60, 254, 7));
    await answered;
    expect(link.isWiped()).toBe(true);
    const half = failure(ask());
    await settled();
    await port.deliver(frame(0x60, 255, 7, 7, 7).subarray(0, 6));
    await link.close();
    expect(await half).toContain('link-lost');
    expect(link.isWiped()).toBe(true);
  });
});

describe('the link', () => {
  it('hands events over and does not take them for answers', async () => {
    const answer = ask();
    await settled();
    await port.deliver(frame(0x83, 254, 1));
    await port.deliver(frame(0x60, 254, 7));
    expect(await answer).toBe(7);
    expect(events).toEqual([0x83]);
  });

  it('counts frames that came broken and reads on', async () => {
    const broken = frame(0x60, 254, 7).slice();
    broken[4] = (broken[4] ?? 0) ^ 0x10;
    const answer = ask();
    await settled();
    await port.deliver(broken);
    await port.deliver(frame(0x60, 254, 7));
    expect(await answer).toBe(7);
    expect(link.counts.dropped).toBe(1);
  });

  it('is lost, once, when the port is gone, and whoever waits is told', async () => {
    const answer = failure(ask());
    await settled();
    port.pullOut();
    expect(await answer).toContain('dispenser/link-lost (reason=port gone)');
    await link.close();
    expect(lost).toHaveLength(1);
    expect(port.isClosed).toBe(true);
  });

  it('gives the port back only when no write is on its way any more, or does not end', async () => {
    const release = Promise.withResolvers<void>();
    port.hold = release.promise;
    const answer = failure(ask());
    await settled();
    const closed = link.close();
    await settled();
    expect(port.isClosed).toBe(false);
    release.resolve();
    await closed;
    expect(port.isClosed).toBe(true);
    expect(await answer).toContain('link-lost');
  });
});
