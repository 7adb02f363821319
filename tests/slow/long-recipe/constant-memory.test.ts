import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gcodeClass } from '#tests/support/gcode/gcode-class.ts';
import { longGcode } from '#tests/support/gcode/long-gcode.ts';
import { temporaryFolder } from '#tests/support/gcode/open-long-gcode.ts';
import type { Opened, ToOpen } from './open-it.ts';

const mebibyte = 1024 * 1024;
const program = new URL('open-it.ts', import.meta.url).pathname;

describe('a sealed recipe of 256 MiB', () => {
  it.each([4096, 65_532])(
    'is verified and opened, in order and here and there, in the memory that as many pieces of 1 MiB take (records of %i bytes)',
    async (recordBytes) => {
      await using folder = await temporaryFolder();
      // as many openings in both: what V8 and its compiler take for so much work is not the file's
      const openings = piecesOf(recordBytes, 256);
      const [short, long] = await Promise.all([1, 256].map((size) => opened(folder.path, recordBytes, size, openings)));
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

/** Pieces of a file of so many MiB. */
function piecesOf(recordBytes: number, size: number): number {
  return Math.ceil((size * mebibyte) / gcodeClass(recordBytes).pieceBytes);
}

/** What a process of its own tells that opened a file of so many MiB. */
async function opened(folder: string, recordBytes: number, size: number, openings: number): Promise<Opened> {
  const pieces = piecesOf(recordBytes, size);
  const { path, anchors, keys } = await longGcode(join(folder, `${size}.tdr`), gcodeClass(recordBytes), pieces);
  const base64 = (bytes: Uint8Array = new Uint8Array(0)): string => Buffer.from(bytes).toString('base64');
  const order: ToOpen = {
    path,
    author: base64(anchors.author?.[0]),
    mfr: base64(keys.mfr),
    lic: base64(keys.lic),
    recordBytes,
    openings,
  };
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(order));
  let told = '';
  for await (const chunk of child.stdout) told += String(chunk);
  return JSON.parse(told) as Opened;
}
