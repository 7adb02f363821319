import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { silentLog } from '#shared/log.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type Instant, instant, milliseconds } from '#shared/units.ts';
import { ManualClock } from '#tests/support/manual-clock.ts';
import { type PaperCa, type Person, paperCa, person, startOfTest } from '#tests/support/marketplace/people.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';
import { sealMessage } from '#wire/signed-message.ts';
import { type Books, openBooks } from './books.ts';
import { builtAt } from './software.ts';
import { type Doubt, TrustedTime } from './trusted-time.ts';

const machine = 'test-machine';
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A computer whose wall clock can be set while time goes on. */
class Computer extends ManualClock {
  ahead = 0;

  override now(): Instant {
    return instant(super.now() + this.ahead);
  }

  /** What the time really is. */
  get truth(): number {
    return super.now();
  }
}

let ca: PaperCa;
let licensing: Person;
let disk: MemoryDisk;
let clock: Computer;
let books: Books;
let time: TrustedTime;

const boot = async (): Promise<void> => {
  books = await openBooks(disk);
  const identity = { machine, anchors: { licensing: [ca.certificate] } };
  time = new TrustedTime({ books, identity, clock, entropy: systemEntropy, log: silentLog });
};
/** The process ends, and starts again after the machine was off for so long. */
const restart = async (off = 0): Promise<void> => {
  await books[Symbol.asyncDispose]();
  clock.advance(off);
  await boot();
};
const timeFor = (nonce: Uint8Array, at: number, changes = {}): Promise<Uint8Array> =>
  sealMessage('TIME', { machine, nonce, time: at, ...changes }, licensing.signer);
const asked = (): Uint8Array => {
  const nonce = time.nonce();
  if (nonce === null) throw new Error('the cell wants no time');
  return nonce;
};
const tell = async (at = clock.truth): Promise<void> => time.take(await timeFor(asked(), at));
const doubt = (): Doubt | null => time.doubt();

beforeEach(async () => {
  ca = await paperCa('Paper marketplace CA');
  licensing = await person(ca, 'licensing', 'Paper licensing');
  disk = new MemoryDisk();
  clock = new Computer(startOfTest);
  await boot();
});
afterEach(() => books[Symbol.asyncDispose]());

describe('the time', () => {
  it('is that of the computer, and not trusted, before licensing has ever told it', () => {
    expect(time.now()).toBe(clock.truth);
    expect(doubt()).toBe('never');
  });

  it('is never before this software was made', () => {
    clock.ahead = -40 * 365 * day;
    expect(clock.now()).toBeLessThan(builtAt);
    clock.advance(5 * second);
    expect(time.now()).toBe(builtAt + 5 * second);
  });

  it('once told goes on with the monotonic clock, wherever the computer’s is set', async () => {
    const told = clock.truth - 2 * minute;
    await tell(told);
    expect(time.now()).toBe(told);
    clock.ahead = -day;
    clock.advance(hour);
    expect(time.now()).toBe(told + hour);
    clock.ahead = 400 * day;
    expect(time.now()).toBe(told + hour);
    expect(time.atLeast()).toBe(told + hour);
  });

  it('across a restart is that of the computer, but never before what was signed', async () => {
    const told = clock.truth;
    await tell(told);
    clock.ahead = -30 * day;
    await restart(10 * minute);
    expect(time.now()).toBe(told);
    clock.advance(minute);
    expect(time.now()).toBe(told + minute);
    clock.ahead = 0;
    expect(time.now()).toBe(clock.truth);
    expect(time.atLeast()).toBe(told + minute);
  });

  it('never takes what the computer shows for a floor', async () => {
    await tell();
    const told = clock.truth;
    clock.ahead = 300 * day;
    await restart();
    expect(time.now()).toBe(told + 300 * day);
    clock.ahead = 0;
    await restart(minute);
    expect(time.now()).toBe(told + minute);
    expect(books.ledger.time).toBe(told);
  });
});

describe('a clock that jumps', () => {
  const cases: readonly (readonly [string, number, Doubt | null])[] = [
    ['119 s back', -119 * second, null],
    ['120 s back', -120 * second, null],
    ['121 s back', -121 * second, 'behind'],
    ['10 years back', -3650 * day, 'behind'],
    ['59 min ahead', 59 * minute, null],
    ['60 min ahead', 60 * minute, null],
    ['61 min ahead', 61 * minute, 'ahead'],
    ['10 years ahead', 3650 * day, 'ahead'],
  ];

  it.each(cases)('%s at run time is noticed exactly', async (_what, by, expected) => {
    await tell();
    clock.ahead = by;
    expect(doubt()).toBe(expected);
    // and it does not help to wait
    clock.advance(3 * hour);
    expect(doubt()).toBe(expected);
    clock.ahead = 0;
    expect(doubt()).toBeNull();
  });

  it.each(cases)('%s across a restart is noticed exactly', async (_what, by, expected) => {
    await tell();
    clock.ahead = by;
    await restart();
    expect(doubt()).toBe(expected);
    clock.ahead = 0;
    await tell();
    expect(doubt()).toBeNull();
  });

  it('is not told from a machine that was off for more than an hour: it is asked for the time first', async () => {
    await tell();
    await restart(59 * minute);
    expect(doubt()).toBeNull();
    await restart(2 * minute);
    expect(doubt()).toBe('ahead');
    await tell();
    expect(doubt()).toBeNull();
  });

  it('is put right by the next TIME, even where certificates seem to have run out by it', async () => {
    clock.ahead = 50 * 365 * day;
    await restart();
    await tell();
    expect(time.now()).toBe(clock.truth);
    expect(doubt()).toBe('ahead');
  });
});

describe('a TIME', () => {
  it('is good for 7 days', async () => {
    await tell();
    clock.advance(7 * day);
    expect(doubt()).toBeNull();
    clock.advance(1);
    expect(doubt()).toBe('stale');
    await tell();
    expect(doubt()).toBeNull();
  });

  it('is wanted at each start, again after an hour, and at once while the time is not trusted', async () => {
    await tell();
    expect(time.nonce()).toBeNull();
    clock.advance(hour - 1);
    expect(time.nonce()).toBeNull();
    clock.advance(1);
    expect(time.nonce()).not.toBeNull();
    await tell();
    clock.ahead = 2 * hour;
    expect(time.nonce()).not.toBeNull();
    clock.ahead = 0;
    expect(time.nonce()).toBeNull();
    await restart();
    expect(time.nonce()).not.toBeNull();
  });

  it('is written down before it counts', async () => {
    disk.refuse = (step) => step === 'sync';
    expect(await refusal(tell())).toBe('disk/failed');
    expect(doubt()).toBe('never');
  });

  it.each([
    [9999, 'accepted'],
    [10_000, 'accepted'],
    [10_001, 'time/too-slow'],
  ])('that takes %i ms for the round trip is %s', async (ms, expected) => {
    const nonce = asked();
    clock.advance(ms);
    expect(await refusal(time.take(await timeFor(nonce, clock.truth)))).toBe(expected);
    expect(books.ledger.time === null).toBe(expected !== 'accepted');
  });

  it('is judged for its round trip by the monotonic clock, not by one that can be set', async () => {
    const nonce = asked();
    clock.advance(11 * second);
    clock.ahead = -11 * second;
    expect(await refusal(time.take(await timeFor(nonce, clock.truth)))).toBe('time/too-slow');
  });

  it('answers the newest nonce, once', async () => {
    const first = asked();
    const second = asked();
    expect(hex(first)).not.toBe(hex(second));
    expect(await refusal(time.take(await timeFor(first, clock.truth)))).toBe('time/nonce-mismatch');
    // the attempt has used the question up
    expect(await refusal(time.take(await timeFor(second, clock.truth)))).toBe('time/nonce-mismatch');
    const message = await timeFor(asked(), clock.truth);
    expect(await refusal(time.take(message))).toBe('accepted');
    expect(await refusal(time.take(message))).toBe('time/nonce-mismatch');
  });

  it('is for this machine, and from licensing only', async () => {
    expect(await refusal(time.take(await timeFor(asked(), clock.truth, { machine: 'other' })))).toBe(
      'time/nonce-mismatch',
    );
    const catalogue = await person(ca, 'catalogue', 'Paper catalogue');
    const stranger = await person(await paperCa('Somebody else'), 'licensing', 'Paper licensing');
    for (const { signer } of [catalogue, stranger]) {
      const message = await sealMessage('TIME', { machine, nonce: asked(), time: clock.truth }, signer);
      expect(await refusal(time.take(message))).toBe('message/not-authentic');
    }
    expect(await refusal(time.take(new Uint8Array(3)))).toBe('message/malformed');
    expect(books.ledger.time).toBeNull();
  });

  it('is not taken when it is older than the last, or than this software', async () => {
    await tell();
    const told = clock.truth;
    clock.advance(2 * hour);
    expect(await refusal(tell(told - 1))).toBe('time/older');
    expect(await refusal(tell(told))).toBe('accepted');
    await restart();
    expect(await refusal(tell(told - 1))).toBe('time/older');
  });

  it('may come from a signer whose certificate is good at the time that it names, and only then', async () => {
    expect(await refusal(tell(startOfTest + 3 * 365 * day))).toBe('message/not-authentic');
    expect(await refusal(tell(startOfTest + 300 * day))).toBe('accepted');
  });
});

describe('as a clock', () => {
  it('shows trusted time, and waits and measures by the computer’s', async () => {
    await tell();
    clock.ahead = 5 * day;
    const seen = time.asClock();
    let rung = false;
    seen.after(milliseconds(10), () => {
      rung = true;
    });
    clock.advance(10);
    expect(rung).toBe(true);
    expect(seen.now()).toBe(clock.truth);
    expect(seen.monotonic()).toBe(clock.monotonic());
  });
});
