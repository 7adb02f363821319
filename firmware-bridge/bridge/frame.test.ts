import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from './crc32.ts';
import { FrameReader, FrameWriter, longestPayload } from './frame.ts';

type Plain = readonly [type: number, seq: number, payload: Uint8Array];

const plainFrame = fc.tuple(
  fc.integer({ min: 0, max: 255 }),
  fc.integer({ min: 0, max: 255 }),
  fc.uint8Array({ maxLength: longestPayload }),
);

function encoded([type, seq, payload]: Plain): Uint8Array {
  const writer = new FrameWriter().begin(type, seq);
  for (const byte of payload) writer.u8(byte);
  return writer.end();
}

/** What a reader finds in these chunks, copied because frames are gone when it was told of them. */
function framesIn(chunks: readonly Uint8Array[]): { frames: Plain[]; dropped: number; wiped: boolean } {
  const reader = new FrameReader();
  const frames: Plain[] = [];
  for (const chunk of chunks) {
    reader.push(chunk, ({ type, seq, payload }) => {
      frames.push([type, seq, new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength).slice()]);
    });
  }
  return { frames, dropped: reader.dropped, wiped: reader.isWiped() };
}

/** `bytes` cut after each of the places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1))), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const joined = (frames: readonly Plain[]): Uint8Array => new Uint8Array(Buffer.concat(frames.map(encoded)));

describe('frames on the line', () => {
  it('arrive as they were sent, whole, byte by byte and at random splits', () => {
    fc.assert(
      fc.property(fc.array(plainFrame, { maxLength: 4 }), fc.array(fc.nat(500)), (frames, places) => {
        const line = joined(frames);
        const oneByOne = Array.from(line, (byte) => Uint8Array.of(byte));
        for (const chunks of [[line], oneByOne, cut(line, places)]) {
          expect(framesIn(chunks)).toEqual({ frames, dropped: 0, wiped: true });
        }
      }),
    );
  });

  it('have a zero at both ends and none within', () => {
    fc.assert(
      fc.property(plainFrame, (frame) => {
        const bytes = encoded(frame);
        expect([bytes[0], bytes.at(-1)]).toEqual([0, 0]);
        expect(bytes.subarray(1, -1).includes(0)).toBe(false);
        expect(bytes.length).toBe(frame[2].length + 9);
      }),
    );
  });

  it('are dropped and counted when a byte of them is another, and the next one arrives', () => {
    fc.assert(
      fc.property(plainFrame, plainFrame, fc.nat(), fc.integer({ min: 1, max: 255 }), (first, second, where, flip) => {
        const bytes = encoded(first).slice();
        const at = 1 + (where % (bytes.length - 2));
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const { frames, dropped } = framesIn([bytes, encoded(second)]);
        expect(frames).toEqual([second]);
        expect(dropped).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it('are dropped when they are cut off anywhere', () => {
    const whole = encoded([0x41, 7, Uint8Array.of(1, 0, 2, 0, 0, 3)]);
    for (let length = 2; length < whole.length - 1; length += 1) {
      expect(framesIn([whole.subarray(0, length), encoded([1, 2, new Uint8Array()])]).frames, `${length}`).toEqual([
        [1, 2, new Uint8Array()],
      ]);
    }
  });

  it('are never made of noise, which is not kept either', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (noise) => {
        const { frames, wiped } = framesIn([noise, Uint8Array.of(0)]);
        expect(frames).toEqual([]);
        expect(wiped).toBe(true);
      }),
    );
  });

  it('longer than any may be are dropped once, however long', () => {
    expect(framesIn([new Uint8Array(5_000).fill(0x33), Uint8Array.of(0)])).toEqual({
      frames: [],
      dropped: 1,
      wiped: true,
    });
  });

  it('cannot be written longer than they may be', () => {
    const writer = new FrameWriter().begin(1, 1);
    for (let i = 0; i < longestPayload; i += 1) writer.u8(1);
    expect(() => writer.u8(1)).toThrow('fits its frame');
  });

  it('leave nothing in their writer after a wipe', () => {
    const writer = new FrameWriter().begin(1, 1).u32(0x12345678);
    writer.end();
    expect(writer.isWiped()).toBe(false);
    writer.wipe();
    expect(writer.isWiped()).toBe(true);
  });
});

describe('the CRC', () => {
  it('is the one of zlib, in one go and in two', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, place) => {
        const at = Math.min(place, bytes.length);
        expect(crc32(bytes, 0, bytes.length) >>> 0).toBe(zlibCrc32(bytes));
        expect(crc32(bytes, at, bytes.length - at, crc32(bytes, 0, at)) >>> 0).toBe(zlibCrc32(bytes));
      }),
    );
  });
});
