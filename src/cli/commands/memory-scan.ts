import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { fromHex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { consoleLanguage } from '../console/language.ts';
import { required, wholeOption } from '../console/options.ts';
import { type Copies, type MemoryScan, scanMemory } from '../memory/scan-memory.ts';
import type { ConsoleTexts } from '../texts/console-texts.ts';
import { textsFor } from '../texts/texts.ts';

export const help = `usage: decant memory-scan --pid PID --hex CANARY... [--json]

Counts the copies of byte strings in the memory of a running process, in swap too, and says what could not be read.
The process goes on meanwhile. It has to be yours, and allow it (a cell does not), or you have to be root.

  --pid PID     the process
  --hex CANARY  2 bytes or more as hexadecimal text; may be given more than once. "-" reads them from stdin, one on
                each line: a command line can be read by everybody on this computer
  --json        {"pid", "regions", "bytes", "unread": [{"region", "bytes"}], "copies": [{"count", "where"}]}, copies
                in the order of the canaries

Exit code 0 when there is no copy, 1 when there is one, 2 when the process could not be searched.
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      pid: { type: 'string' },
      hex: { type: 'string', multiple: true },
      json: { type: 'boolean', default: false },
    },
  });
  const pid = wholeOption(required(values.pid, '--pid'), '--pid', { least: 1 });
  // our own memory holds what we look for
  if (pid === process.pid) throw new Failure('usage/option-wrong', { option: '--pid', value: values.pid ?? '' });
  const scan = scanMemory(pid, await canaries([...(values.hex ?? []), ...positionals]));
  process.stdout.write(`${values.json ? JSON.stringify(plain(pid, scan)) : describe(scan)}\n`);
  return scan.copies.some(({ count }) => count > 0) ? 1 : 0;
}

async function canaries(given: readonly string[]): Promise<Uint8Array[]> {
  const texts = given.includes('-') ? (await text(process.stdin)).split(/\s+/).filter((word) => word !== '') : [];
  const all = [...given.filter((one) => one !== '-'), ...texts];
  if (all.length === 0) throw new Failure('usage/option-missing', { option: '--hex' });
  return all.map(canary);
}

function canary(given: string): Uint8Array {
  // what was given may be a secret: the failure does not repeat it
  if (!/^([0-9a-f]{2}){2,}$/i.test(given)) throw new Failure('usage/option-wrong', { option: '--hex', value: '…' });
  return fromHex(given);
}

function plain(pid: number, { regions, bytes, unread, copies }: MemoryScan): object {
  return { pid, regions, bytes, unread, copies: copies.map(({ count, where }) => ({ count, where })) };
}

function describe({ regions, bytes, unread, copies }: MemoryScan): string {
  const { memoryScan: words } = textsFor(consoleLanguage());
  const searched = fillHoles(words.searched, { regions, megabytes: (bytes / 1e6).toFixed(1) });
  const missed = unread.map((miss) => fillHoles(words.unread, miss));
  return [searched, ...missed, ...copies.map((found, i) => row(i + 1, found, words))].join('\n');
}

function row(number: number, { count, where }: Copies, words: ConsoleTexts['memoryScan']): string {
  const places = Object.entries(where).map(([kind, times]) => `${kind} ${times}`);
  return fillHoles(words.copies, { number, count }) + (places.length === 0 ? '' : ` (${places.join(', ')})`);
}
