import { describe, expect, it } from 'vitest';
import { digestOf, pieceDone, pieceStarted } from '#tests/support/journal-story.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';
import { encodeRecord, emptyHead } from './record-codec.ts';
import { isPourMark, openPourMarks, type PourMark } from './pour-marks.ts';

const path = 'journal/pour.log';
const story = [pieceStarted(1, 1), pieceDone(1, 1), pieceStarted(1, 2)].filter(isPourMark);

async function written(marks: readonly PourMark[], disk = new MemoryDisk()): Promise<MemoryDisk> {
  await using open = await openPourMarks(disk);
  for (const mark of marks) await open.append(mark);
  return disk;
}

async function found(disk: MemoryDisk): Promise<readonly PourMark[]> {
  await using open = await openPourMarks(disk);
  return open.found;
}

describe('the marks of a drink under way', () => {
  it('are on the medium when they are answered for', async () => {
    expect(await found((await written(story)).afterPowerCut())).toEqual(story);
  });

  it('cut anywhere are those that stand whole, and go on behind them', async () => {
    const two = story.slice(0, 2);
    const bytes = (await written(two)).bytes(path);
    for (let length = 0; length <= bytes.length; length += 1) {
      const disk = new MemoryDisk({ [path]: bytes.slice(0, length) });
      const kept = await found(disk);
      expect(kept).toEqual(two.slice(0, kept.length));
      await written([pieceDone(1, 2)].filter(isPourMark), disk);
      expect(await found(disk)).toHaveLength(kept.length + 1);
    }
    expect(await found(new MemoryDisk({ [path]: bytes.slice(0, -1) }))).toHaveLength(1);
  });

  it('end where a byte is wrong, where one does not follow, and where something else stands', async () => {
    const bytes = (await written(story)).bytes(path);
    const bent = bytes.slice();
    bent[bytes.length - 3] = (bent[bytes.length - 3] ?? 0) ^ 1;
    expect(await found(new MemoryDisk({ [path]: bent }))).toHaveLength(2);
    expect(await found(new MemoryDisk({ [path]: new Uint8Array([...bytes, ...bytes]) }))).toHaveLength(3);
    const other = encodeRecord(emptyHead, { kind: 'BURN_FAILED', kid: digestOf(1), reason: 'x' }).bytes;
    expect(await found(new MemoryDisk({ [path]: other }))).toEqual([]);
  });

  it('are forgotten with the drink, and those of the next begin anew', async () => {
    const disk = new MemoryDisk();
    await using open = await openPourMarks(disk);
    for (const mark of story) await open.append(mark);
    await open.clear();
    await open.clear();
    expect(disk.bytes(path)).toHaveLength(0);
    const next = [pieceStarted(2, 1)].filter(isPourMark);
    for (const mark of next) await open.append(mark);
    expect(await found(disk.afterPowerCut())).toEqual(next);
  });

  it('are refused for good once one could not be written', async () => {
    const disk = new MemoryDisk();
    await using open = await openPourMarks(disk);
    let fails = true;
    disk.refuse = (step) => step === 'sync' && fails;
    const [first, second] = story;
    if (first === undefined || second === undefined) throw new Error('a story');
    await expect(open.append(first)).rejects.toMatchObject({ code: 'disk/failed' });
    fails = false;
    await expect(open.append(second)).rejects.toMatchObject({ code: 'disk/failed' });
  });
});
