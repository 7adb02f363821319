import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '#tests/support/gcode/open-long-gcode.ts';
import { openedInAProcess, piecesOf } from '#tests/support/gcode/opened-in-a-process.ts';

const mebibyte = 1024 * 1024;

describe('a sealed recipe of 256 MiB', () => {
  it.each([4096, 65_532])(
    'is verified and opened, in order and here and there, in the memory that as many pieces of 1 MiB take (records of %i bytes)',
    async (recordBytes) => {
      await using folder = await temporaryFolder();
      // as many openings in both: what V8 and its compiler take for so much work is not the file's
      const openings = piecesOf(recordBytes, 256);
      const open = (size: number) => openedInAProcess(folder.path, recordBytes, size, openings);
      const [short, long] = await Promise.all([1, 256].map(open));
      if (short === undefined || long === undefined) throw new RangeError('two files');
      expect(long.text).toBe((long.pieces - 2) * (recordBytes - 4));
      expect(long.text).toBeGreaterThan(250 * mebibyte);
      const growth = long.maxRssKib - short.maxRssKib;
      process.stdout.write(
        `records of ${recordBytes}: ${short.maxRssKib} KiB at ${short.pieces} pieces, ${growth} KiB more at ${long.pieces}\n`,
      );
      expect(growth).toBeLessThanOrEqual(8 * 1024);
    },
  );
});
