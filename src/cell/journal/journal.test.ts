import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isFailure } from '#shared/failure.ts';
import { digestOf, oneDrink, pieceDone, prekeysEntry } from '#tests/support/journal-story.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';
import type { Entry } from './entry.ts';
import { openJournal, verifyJournal } from './journal.ts';
import { advanceHead, emptyHead, encodeRecord, maxRecordBytes } from './record-codec.ts';

const path = 'journal/journal.log';

/** The bytes of a journal with these entries, and where each entry ends. */
async function journalOf(entries: readonly Entry[]): Promise<{ bytes: Uint8Array; ends: number[] }> {
  const disk = new MemoryDisk();
  await using journal = (await openJournal(disk)).journal;
  const ends: number[] = [];
  for (const entry of entries) {
    await journal.append(entry);
    ends.push(disk.bytes(path).length);
  }
  return { bytes: disk.bytes(path), ends };
}

async function reopened(bytes: Uint8Array) {
  const disk = new MemoryDisk({ [path]: bytes });
  const opened = await openJournal(disk);
  await opened.journal[Symbol.asyncDispose]();
  return { ...opened, disk };
}

const outcome = async (bytes: Uint8Array): Promise<number | string> => {
  try {
    return (await reopened(bytes)).entries.length;
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.code;
  }
};

const story = await journalOf(oneDrink);
const lastStart = story.ends.at(-2) ?? 0;

describe('a journal', () => {
  it('gives back its entries and its head when it is opened again', async () => {
    const { entries, journal, tornBytes } = await reopened(story.bytes);
    expect(entries).toEqual(oneDrink);
    expect(tornBytes).toBe(0);
    expect(journal.head()).toEqual(verifyJournal(story.bytes).head);
    expect(journal.head().index).toBe(oneDrink.length);
  });

  it('begins at a head of zeros', async () => {
    const { journal } = await reopened(new Uint8Array(0));
    expect(journal.head()).toEqual({ index: 0, head: new Uint8Array(32) });
    expect(journal.headAt(1)).toBe(null);
  });

  it('loses, cut at any byte, exactly the entry in which it was cut', async () => {
    for (let cut = 0; cut <= story.bytes.length; cut += 1) {
      const whole = story.ends.filter((end) => end <= cut).length;
      const { entries, tornBytes, disk } = await reopened(story.bytes.slice(0, cut));
      expect(entries).toEqual(oneDrink.slice(0, whole));
      expect(tornBytes).toBe(cut - (story.ends[whole - 1] ?? 0));
      expect(disk.afterPowerCut().bytes(path)).toEqual(story.bytes.slice(0, cut - tornBytes));
    }
  });

  it('goes on behind a tail that was cut off', async () => {
    const disk = new MemoryDisk({ [path]: story.bytes.slice(0, lastStart + 20) });
    const { journal } = await openJournal(disk);
    await journal.append(pieceDone(1, 3));
    expect((await reopened(disk.bytes(path))).entries).toEqual([...oneDrink.slice(0, -1), pieceDone(1, 3)]);
  });

  it('with a bit flipped in any byte is refused, unless the last entry has it, which is then torn', async () => {
    for (let at = 0; at < story.bytes.length; at += 1) {
      for (const bit of [0, 4, 7]) {
        const bytes = story.bytes.slice();
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        const expected = at < lastStart ? 'journal/broken' : oneDrink.length - 1;
        expect([at, bit, await outcome(bytes)]).toEqual([at, bit, expected]);
      }
    }
  });

  it('ends before a tail of zeros, as a file system leaves it behind a power cut', async () => {
    for (const zeros of [1, 8, 9, 4096]) {
      const bytes = new Uint8Array(lastStart + zeros);
      bytes.set(story.bytes.subarray(0, lastStart));
      expect(await outcome(bytes)).toBe(oneDrink.length - 1);
    }
  });

  it('is broken when more follows its whole entries than one entry can be', async () => {
    const bytes = new Uint8Array(lastStart + maxRecordBytes + 9);
    bytes.set(story.bytes.subarray(0, lastStart));
    expect(await outcome(bytes)).toBe('journal/broken');
  });

  it('is broken when an entry was taken out, doubled or put elsewhere', async () => {
    const [first = 0, second = 0, third = 0] = story.ends;
    const part = (from: number, to?: number): Uint8Array => story.bytes.subarray(from, to);
    const without = Buffer.concat([part(0, first), part(second)]);
    const doubled = Buffer.concat([part(0, second), part(first)]);
    const swapped = Buffer.concat([part(0, first), part(second, third), part(first, second), part(third)]);
    for (const bytes of [without, doubled, swapped])
      expect(await outcome(new Uint8Array(bytes))).toBe('journal/broken');
  });

  it('is broken by whole records that hold no entry, or no CBOR', async () => {
    const stranger = encodeRecord(emptyHead, { kind: 'NOTHING' } as unknown as Entry).bytes;
    expect(await outcome(stranger)).toBe('journal/broken');
    const noise = new Uint8Array(12).fill(0xff);
    const view = new DataView(noise.buffer);
    view.setUint32(0, 4, true);
    view.setUint32(4, crc32(noise.subarray(8)), true);
    expect(await outcome(noise)).toBe('journal/broken');
  });

  it('is torn for a strict reader, who repairs nothing', () => {
    const cut = story.bytes.slice(0, lastStart + 3);
    expect(verifyJournal(cut).entries).toBe(oneDrink.length - 1);
    expect(() => verifyJournal(cut, true)).toThrow(expect.objectContaining({ code: 'journal/torn' }) as Error);
  });

  it('has on the medium what it was opened with: a process that was killed left it in the cache only', async () => {
    const disk = new MemoryDisk({ [path]: story.bytes.slice(0, lastStart) });
    await using file = await disk.open(path);
    await file.writeAt(lastStart, story.bytes.slice(lastStart));
    await using journal = (await openJournal(disk)).journal;
    expect(disk.afterPowerCut().bytes(path)).toEqual(story.bytes);
    expect(journal.head().index).toBe(oneDrink.length);
  });

  it('lets its file go when it cannot be opened', async () => {
    const disk = new MemoryDisk({ [path]: story.bytes });
    disk.refuse = (step) => step === 'read';
    await expect(openJournal(disk)).rejects.toMatchObject({ code: 'disk/failed' });
    expect(disk.openFiles).toBe(0);
  });
});

describe('an entry', () => {
  it('is on the medium when append has answered, and not told before', async () => {
    const disk = new MemoryDisk();
    const { journal } = await openJournal(disk);
    for (const entry of oneDrink) {
      const before = journal.head();
      const written = journal.append(entry);
      expect(journal.head()).toEqual(before);
      const head = await written;
      const { entries, journal: found } = await reopened(disk.afterPowerCut().bytes(path));
      expect(entries.at(-1)).toEqual(entry);
      expect(found.head()).toEqual(head);
    }
    // one for each, and one for what was there when it was opened
    expect(disk.steps.filter((step) => step.startsWith('sync'))).toHaveLength(1 + oneDrink.length);
  });

  it('is written in the order of the calls, however many wait', async () => {
    const disk = new MemoryDisk();
    const { journal } = await openJournal(disk);
    await Promise.all(oneDrink.map((entry) => journal.append(entry)));
    expect(disk.bytes(path)).toEqual(story.bytes);
  });

  it.each(['write', 'sync'] as const)('whose %s failed lets no other follow', async (failing) => {
    const disk = new MemoryDisk();
    const { journal } = await openJournal(disk);
    await journal.append(pieceDone(1, 1));
    const head = journal.head();
    disk.refuse = (step) => step === failing;
    const waiting = [journal.append(pieceDone(1, 2)), journal.append(pieceDone(1, 3))];
    disk.refuse = (step) => step === failing;
    for (const one of await Promise.allSettled(waiting)) expect(one).toMatchObject({ reason: { code: 'disk/failed' } });
    disk.refuse = () => false;
    await expect(journal.append(pieceDone(1, 4))).rejects.toMatchObject({ code: 'disk/failed' });
    expect(journal.head()).toEqual(head);
    await journal[Symbol.asyncDispose]();
  });

  it('that could not be read again is a bug, and nothing of it is written', async () => {
    const disk = new MemoryDisk();
    const { journal } = await openJournal(disk);
    const released = { kind: 'RELEASED', order: '', kid: digestOf(1), reason: 'restart', at: 0 } as const;
    await expect(journal.append(released)).rejects.not.toMatchObject({ code: expect.anything() as string });
    expect(disk.bytes(path)).toHaveLength(0);
    await journal.append(pieceDone(1, 1));
    expect((await reopened(disk.bytes(path))).entries).toEqual([pieceDone(1, 1)]);
  });

  it('is refused once the journal is closed', async () => {
    const { journal } = await openJournal(new MemoryDisk());
    await journal[Symbol.asyncDispose]();
    await expect(journal.append(pieceDone(1, 1))).rejects.toMatchObject({ code: 'disk/failed' });
  });
});

describe('the heads of a journal', () => {
  it('follow from one another by the links between them', async () => {
    const { journal } = await reopened(story.bytes);
    for (let from = 0; from <= oneDrink.length; from += 1) {
      const start = journal.headAt(from) ?? expect.fail('a head');
      const links = journal.links(from, 4);
      expect(links).toHaveLength(Math.min(4, oneDrink.length - from));
      expect(links.reduce(advanceHead, start)).toEqual(journal.headAt(from + links.length));
    }
  });

  it('differ when any entry differs', async () => {
    const one = await reopened((await journalOf([prekeysEntry(1, 1), pieceDone(1, 1)])).bytes);
    const other = await reopened((await journalOf([prekeysEntry(1, 2), pieceDone(1, 1)])).bytes);
    expect(one.journal.links(1, 1)).not.toEqual(other.journal.links(1, 1));
    expect(one.journal.head().head).not.toEqual(other.journal.head().head);
  });
});

describe('verifying an open journal', () => {
  it('reads the file again and answers the head', async () => {
    const disk = new MemoryDisk({ [path]: story.bytes });
    const { journal } = await openJournal(disk);
    await journal.append(pieceDone(2, 1));
    expect(await journal.verify()).toEqual(journal.head());
  });

  it('finds what was damaged, cut off or written anew meanwhile', async () => {
    const { bytes: other } = await journalOf([prekeysEntry(1, 9)]);
    const damaged = story.bytes.slice();
    damaged[40] = (damaged[40] ?? 0) ^ 1;
    for (const [bytes, code] of [
      [damaged, 'journal/broken'],
      [other, 'journal/broken'],
      [story.bytes.slice(0, lastStart), 'journal/broken'],
      [story.bytes.slice(0, lastStart + 9), 'journal/torn'],
    ] as const) {
      const disk = new MemoryDisk({ [path]: story.bytes });
      const { journal } = await openJournal(disk);
      await using file = await disk.open(path);
      await file.truncate(0);
      await file.writeAt(0, bytes);
      await expect(journal.verify()).rejects.toMatchObject({ code });
    }
  });
});
