import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader } from './framing.ts';

/** Feeds the portions; answers the frames that came out. */
function framesOf(portions: readonly Uint8Array[], maxBytes = 1000): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const reader = new FrameReader(maxBytes, (frame) => frames.push(frame));
  for (const portion of portions) reader.feed(portion);
  return frames;
}

const list = [new Uint8Array([1, 2, 3]), new Uint8Array(0), new Uint8Array(300).fill(7), new Uint8Array([9])];
const stream = new Uint8Array(Buffer.concat(list.map(encodeFrame)));

describe('a stream of frames', () => {
  it('has a big-endian length before each', () => {
    expect(encodeFrame(new Uint8Array(258).fill(1)).subarray(0, 5)).toEqual(new Uint8Array([0, 0, 1, 2, 1]));
  });

  it('comes out the same, fed whole or byte by byte', () => {
    expect(framesOf([stream])).toEqual(list);
    expect(framesOf([...stream].map((byte) => new Uint8Array([byte])))).toEqual(list);
  });

  it('comes out the same, cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: stream.length })), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
        expect(framesOf(at.slice(1).map((end, i) => stream.subarray(at[i], end)))).toEqual(list);
      }),
    );
  });

  it('gives any bytes back as they were put in', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (frames) => {
        expect(framesOf([new Uint8Array(Buffer.concat(frames.map(encodeFrame)))])).toEqual(frames);
      }),
    );
  });

  it('keeps what it was given, however the portion is used again', () => {
    const portion = encodeFrame(new Uint8Array([1, 2]));
    const frames = framesOf([portion]);
    portion.fill(0);
    expect(frames).toEqual([new Uint8Array([1, 2])]);
  });

  it('gives no frame before its last byte', () => {
    expect(framesOf([stream.subarray(0, 6)])).toEqual([]);
  });
});

describe('a frame that is too large', () => {
  const head = (length: number): Uint8Array => encodeFrame(new Uint8Array(length)).subarray(0, 4);

  it('is refused from its length alone', () => {
    expect(() => framesOf([head(1001)])).toThrow(
      expect.objectContaining({ code: 'message/too-large', facts: { bytes: 1001, limit: 1000 } }) as Error,
    );
    expect(() => framesOf([new Uint8Array([0xff, 0xff, 0xff, 0xff])])).toThrow(
      expect.objectContaining({ code: 'message/too-large' }) as Error,
    );
  });

  it('is one byte larger than the largest', () => {
    expect(framesOf([encodeFrame(new Uint8Array(1000))])).toHaveLength(1);
  });
});
