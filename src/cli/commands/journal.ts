import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { verifyJournal } from '#cell/journal/journal.ts';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';

export const help = `usage: decant journal verify [--file PATH] [--state DIR] [--json]

Reads a machine's journal and proves that each entry follows the one before it.

  --file PATH  the journal (default: machine/cell/journal/journal.log below the state folder)
  --state DIR  state folder (DECANT_STATE, or .decant)
  --json       {"entries": n, "index": n, "head": hex}
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      file: { type: 'string' },
      state: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  if (positionals[0] !== 'verify') throw new Failure('usage/wrong', { command: `journal ${positionals[0] ?? ''}` });
  const state = values.state ?? process.env['DECANT_STATE'] ?? '.decant';
  const path = values.file ?? join(state, 'machine', 'cell', 'journal', 'journal.log');
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new Failure('disk/failed', { path, reason: (error as NodeJS.ErrnoException).code ?? '' }, error);
  });
  const { entries, head } = verifyJournal(new Uint8Array(bytes), true);
  const told = { entries, index: head.index, head: hex(head.head) };
  process.stdout.write(
    values.json ? `${JSON.stringify(told)}\n` : `${entries} entries, chain whole, head ${told.head}\n`,
  );
  return 0;
}
