import { temporaryFolder } from '#tests/support/gcode/open-long-gcode.ts';
import { openedInAProcess, piecesOf } from '#tests/support/gcode/opened-in-a-process.ts';
import { report } from './report.ts';

/** The most memory that a process ever has that opens sealed files of 1, 64 and 256 MiB, as many pieces of each. */
const recordBytes = 65_532;
const sizes = [1, 64, 256];

await using folder = await temporaryFolder();
const figures = [];
let least: number | null = null;
for (const size of sizes) {
  const { maxRssKib } = await openedInAProcess(folder.path, recordBytes, size, piecesOf(recordBytes, 256));
  least ??= maxRssKib;
  const beside = size === 1 ? '' : `${((maxRssKib - least) / 1024).toFixed(1)} MiB more than at 1 MiB, goal ≤ 8`;
  figures.push({ what: `resident at most, ${size} MiB`, value: maxRssKib / 1024, unit: 'MiB', runs: 1, beside });
}
report('memory while a sealed file is opened', figures);
