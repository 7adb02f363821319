import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import { SecureBuffer } from './secure-buffer.ts';

const lockedKilobytes = (): number =>
  Number(/VmLck:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0);

describe('a secure buffer', () => {
  it('is zero at first, and locked in memory', () => {
    const before = lockedKilobytes();
    using buffer = new SecureBuffer(4096);
    expect(buffer.bytes.every((byte) => byte === 0)).toBe(true);
    expect(lockedKilobytes()).toBeGreaterThanOrEqual(before + 4);
  });

  it('is wiped when it is disposed of, not when garbage is collected', () => {
    const buffer = SecureBuffer.moving(Buffer.from('the recipe'));
    const address = koffi.address(buffer.bytes);
    const inMemory = (): unknown => koffi.decode(address, koffi.array('uint8', 10, 'Array'));
    expect(inMemory()).toEqual([...Buffer.from('the recipe')]);
    buffer[Symbol.dispose]();
    expect(inMemory()).toEqual(Array<number>(10).fill(0));
  });

  it('leaves nothing behind: every view of it is empty afterwards', () => {
    const buffer = new SecureBuffer(64);
    const view = buffer.bytes.fill(7).subarray(10, 20);
    buffer[Symbol.dispose]();
    buffer[Symbol.dispose]();
    expect(view).toHaveLength(0);
    expect(() => buffer.bytes).toThrow('invariant');
    buffer.wipe();
  });

  it('is disposed of on the unhappy path too', () => {
    const views: Buffer[] = [];
    expect(() => {
      using buffer = new SecureBuffer(8);
      views.push(buffer.bytes);
      throw new Error('pump stuck');
    }).toThrow('pump stuck');
    expect(views[0]).toHaveLength(0);
  });

  it('takes a secret over and wipes where it came from', () => {
    const secret = Buffer.from('2718');
    using buffer = SecureBuffer.moving(secret);
    expect([buffer.bytes.toString(), secret]).toEqual(['2718', Buffer.alloc(4)]);
    buffer.wipe();
    expect([...buffer.bytes]).toEqual([0, 0, 0, 0]);
  });

  it('prints [secret], however it is printed', () => {
    using buffer = SecureBuffer.moving(Buffer.from('2718'));
    expect([String(buffer), JSON.stringify({ buffer }), inspect({ buffer })]).toEqual([
      '[secret]',
      '{"buffer":"[secret]"}',
      '{ buffer: [secret] }',
    ]);
  });

  it.each([0, -1, 1.5, 2 ** 21])('of %s bytes is a mistake of the program', (size) => {
    expect(() => new SecureBuffer(size)).toThrow('invariant');
  });
});
