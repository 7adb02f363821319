import { parseArgs } from 'node:util';
import { verifyJournal } from '#cell/journal/journal.ts';
import { hex } from '#shared/entropy.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { readInput } from '../console/files.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, unknownAction } from '../console/options.ts';
import { machinePlace } from '../machine-place.ts';
import { textsFor } from '../texts/texts.ts';

export const help = `usage: decant journal verify [--file PATH] [--state DIR] [--json]

Reads a machine's journal and proves that each entry follows the one before it. That no entry was cut off behind the
last one is known only to the marketplace, which remembers the heads that it has seen.

  --file PATH  the journal (default: that of the machine in the state folder)
  --state DIR  the machine's state folder (DECANT_STATE, or .decant here, or /var/lib/decant)
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
  if (positionals[0] !== 'verify') throw unknownAction(positionals[0], ['verify']);
  noMoreThan(1, positionals);
  const bytes = await readInput(values.file ?? machinePlace(values.state).journal);
  const { entries, head } = verifyJournal(bytes, true);
  const told = { entries, index: head.index, head: hex(head.head) };
  const text = fillHoles(textsFor(consoleLanguage()).journal.whole, told);
  process.stdout.write(`${values.json ? JSON.stringify(told) : text}\n`);
  return 0;
}
