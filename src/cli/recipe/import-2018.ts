import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { type DraftWords, draftSource, readNames } from '#recipes/draft.ts';
import { type ImportNote, importProgram } from '#recipes/import-2018.ts';
import { readProgram } from '#recipes/program-2018.ts';
import { hex } from '#shared/entropy.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { readInput, writeNewOutput } from '../console/files.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, required } from '../console/options.ts';
import { textsFor } from '../texts/texts.ts';

/** `decant recipe import-2018`: a recipe program of the 2018 machine as a source for its author to finish. */
export async function importCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { output: { type: 'string', short: 'o' }, ingredients: { type: 'string' } },
  });
  noMoreThan(1, positionals);
  const file = required(positionals[0], 'FILE.json');
  const lines = readProgram(await textOf(file));
  const names =
    values.ingredients === undefined ? new Map<string, string>() : readNames(await textOf(values.ingredients));
  const imported = importProgram(lines, names);
  const words = textsFor(consoleLanguage()).recipe.import2018;
  const draft = draftSource(imported, slugOf(file), hex(systemEntropy.bytes(16)), words);
  if (values.output === undefined) process.stdout.write(draft);
  else await writeNewOutput(values.output, Buffer.from(draft));
  for (const note of imported.notes) process.stderr.write(`! ${told(note, words)}\n`);
  if (values.output !== undefined) process.stdout.write(`${fillHoles(words.written, { file: values.output })}\n`);
  return 0;
}

async function textOf(path: string): Promise<string> {
  return Buffer.from(await readInput(path)).toString('utf8');
}

function slugOf(file: string): string {
  const slug = basename(file)
    .replace(/\.[^.]*$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 64);
  return slug === '' ? 'imported' : slug;
}

function told({ t, ...facts }: ImportNote, words: DraftWords & Readonly<Record<ImportNote['t'], string>>): string {
  return fillHoles(t === 'unnamed' ? `{ingredient|…}: ${words.unnamed}` : words[t], facts);
}
