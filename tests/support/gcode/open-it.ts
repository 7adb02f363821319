import { gcodeClass, textOf } from '#tests/support/gcode/gcode-class.ts';
import { openLongGcode } from '#tests/support/gcode/open-long-gcode.ts';
import { softTokens } from '#tests/support/soft-token.ts';

/** What the test tells this process on its standard input; bytes as base64. */
export interface ToOpen {
  readonly path: string;
  readonly author: string;
  readonly mfr: string;
  readonly lic: string;
  readonly recordBytes: number;
  /** How many pieces are opened, from the first on, over and over where there are fewer. */
  readonly openings: number;
}

/** What this process tells on its standard output. */
export interface Opened {
  readonly pieces: number;
  /** Bytes of text that were seen. */
  readonly text: number;
  /** Greatest resident size ever, KiB. */
  readonly maxRssKib: number;
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const { path, author, mfr, lic, recordBytes, openings } = JSON.parse(Buffer.concat(chunks).toString()) as ToOpen;
const machineClass = gcodeClass(recordBytes);

await using tokens = await softTokens();
using token = await tokens.make('long');
const keys = { mfr: bytes(mfr), lic: bytes(lic) };
await using open = await openLongGcode(token, { path, anchors: { author: [bytes(author)] }, keys }, machineClass);
const pieces = open.file.manifest.piece_count;
let text = 0;
for (let opening = 0; opening < openings; opening += 1) text += await seen(opening % pieces);
// and here and there
for (let jump = 0; jump < 500; jump += 1) await seen((jump * 7919) % pieces);
const told: Opened = { pieces, text, maxRssKib: process.resourceUsage().maxRSS };
process.stdout.write(JSON.stringify(told));

/** Opens a piece and holds it against what it must say; answers how much it says. */
async function seen(index: number): Promise<number> {
  using piece = await open.recipe.openPiece(index);
  const found = textOf(piece.record);
  let number = 0;
  for (let at = 1; at < found.length && found[at] !== 0x20; at += 1) number = number * 10 + (found[at] ?? 0) - 0x30;
  if (found.length > 0 && number !== index) throw new Error(`piece ${index} says ${number}`);
  return found.length;
}
