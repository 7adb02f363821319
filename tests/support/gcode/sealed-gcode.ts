import type { MachineClass } from '#recipes/machine-class.ts';
import { type PublicPart, type SealedRecords, type Sealing, sealRecords } from '#recipes/seal-records.ts';
import { writeLines } from './gcode-class.ts';

/** What is public of every program of these tests. */
export const aboutGcode: PublicPart = {
  recipe_id: new Uint8Array(16).fill(0x6c),
  version: 1,
  name: 'A bracket',
  min_runtime: '0.1.0',
  min_profile: 'H',
  ingredients: [{ id: 'pla', max_ul: 40_000 }],
  bounds: { total_ul: 40_000, duration_ms: 600_000, parallel: 1, min_dose: 5_000 },
  label: { allergens: [], abv: 0, kcal: null, caffeine: null },
};

/** A program sealed, as many lines in each record as it holds. */
export function sealGcode(
  order: Sealing,
  machineClass: MachineClass,
  lines: readonly string[],
): Promise<SealedRecords> {
  const texts = recordsOf(lines, machineClass.recordBytes - 4);
  let pieceCount = 8;
  while (pieceCount < texts.length + 2) pieceCount *= 2;
  return sealRecords({
    ...order,
    machineClass,
    about: aboutGcode,
    pieceCount,
    write(index, record) {
      const text = texts[index - 1];
      if (text !== undefined) writeLines(record, text);
      return text !== undefined;
    },
  });
}

function recordsOf(lines: readonly string[], room: number): Uint8Array[] {
  const encoder = new TextEncoder();
  const texts = [''];
  for (const line of lines) {
    const last = texts.at(-1) ?? '';
    if (last.length + line.length + 1 > room) texts.push(`${line}\n`);
    else texts[texts.length - 1] = `${last}${line}\n`;
  }
  return texts.map((text) => encoder.encode(text));
}
