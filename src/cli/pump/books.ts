import { fillHoles } from '#wire/sentences/sentence-for.ts';
import type { CleaningView } from '#wire/service-api.ts';
import { consoleLanguage } from '../console/language.ts';
import { required, wholeOption } from '../console/options.ts';
import { askCell } from '../service-client.ts';
import { textsFor } from '../texts/texts.ts';
import { ml, mlOption, moment, whoOption } from './pump-options.ts';

interface Values {
  readonly who?: string | undefined;
  readonly json: boolean;
  readonly csv?: boolean | undefined;
  readonly product?: string | undefined;
  readonly lot?: string | undefined;
  readonly contact?: string | undefined;
  readonly 'rinse-ml'?: string | undefined;
}

/** Enters a cleaning that the machine did not see. */
export async function cleanedByHand(lines: readonly number[], socket: string, values: Values): Promise<number> {
  const { pump: words } = textsFor(consoleLanguage());
  const cleaned = {
    product: required(values.product, '--product'),
    lot: values.lot ?? '',
    contact_seconds: wholeOption(required(values.contact, '--contact'), '--contact', { most: 86_400 }),
    rinse_ul: mlOption(required(values['rinse-ml'], '--rinse-ml'), '--rinse-ml'),
    who: whoOption(values.who),
  };
  for (const line of lines) await askCell(socket, 'cleaned_by_hand', { line, ...cleaned });
  const text = lines.map((line) => fillHoles(words.entered, { line })).join('\n');
  process.stdout.write(`${values.json ? JSON.stringify({ lines }) : text}\n`);
  return 0;
}

/** The cleaning book, whole: for people, for a spreadsheet, for a program. */
export async function printBook(socket: string, { json, csv = false }: Values): Promise<number> {
  const { pump: words } = textsFor(consoleLanguage());
  const cleanings = await wholeBook(socket);
  if (json) process.stdout.write(`${JSON.stringify({ cleanings })}\n`);
  else if (csv) process.stdout.write(csvOf(cleanings));
  else process.stdout.write(`${cleanings.map((one) => rowOf(one, words.byHand)).join('\n') || words.bookEmpty}\n`);
  return 0;
}

async function wholeBook(socket: string): Promise<CleaningView[]> {
  const all: CleaningView[] = [];
  for (;;) {
    const { cleanings, more } = await askCell(socket, 'cleaning_book', { after: all.at(-1)?.entry ?? 0 });
    all.push(...cleanings);
    if (!more) return all;
  }
}

function rowOf(cleaned: CleaningView, byHand: string): string {
  const { at, line, ingredient, product, lot, contact_seconds, rinse_ul, by_hand, who } = cleaned;
  return [
    moment(at, ''),
    `${String(line).padStart(2)} ${ingredient}`.padEnd(20),
    lot === '' ? product : `${product} (${lot})`,
    `${contact_seconds} s`,
    ml(rinse_ul),
    by_hand ? `${who}, ${byHand}` : who,
  ].join('  ');
}

const columns = [
  'entry',
  'at',
  'line',
  'ingredient',
  'product',
  'lot',
  'contact_seconds',
  'rinse_ul',
  'by_hand',
  'who',
] as const;

/** RFC 4180, with a head; times as ISO 8601. */
function csvOf(cleanings: readonly CleaningView[]): string {
  const rows = cleanings.map((one) => {
    const told = { ...one, at: new Date(one.at).toISOString() };
    return columns.map((column) => cell(String(told[column]))).join(',');
  });
  return `${[columns.join(','), ...rows].join('\r\n')}\r\n`;
}

/** A text that begins like a formula must not become one in a spreadsheet. */
function cell(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** How worn the hoses are, of these lines or of all. */
export async function printHoses(lines: readonly number[], socket: string, { json }: Values): Promise<number> {
  const { pump: words } = textsFor(consoleLanguage());
  const all = (await askCell(socket, 'status', {})).lines;
  const hoses = all
    .filter(({ line }) => lines.length === 0 || lines.includes(line))
    .map(({ line, ingredient, hose }) => ({ line, ingredient, ...hose }));
  const rows = hoses.map(({ line, ingredient, ul, ms, max_ul, max_ms, replaced, due }) =>
    fillHoles(words.hose, {
      line: String(line).padStart(2),
      ingredient: ingredient.padEnd(16),
      volume: `${(ul / 1e6).toFixed(1)}${max_ul === null ? '' : `/${(max_ul / 1e6).toFixed(0)}`} l`,
      hours: `${(ms / 3.6e6).toFixed(1)}${max_ms === null ? '' : `/${(max_ms / 3.6e6).toFixed(0)}`} h`,
      replaced: moment(replaced, words.never),
      due: moment(due, words.notSoon),
    }),
  );
  process.stdout.write(`${json ? JSON.stringify({ hoses }) : rows.join('\n')}\n`);
  return 0;
}

/** Enters that hoses are new. */
export async function replaceHose(lines: readonly number[], socket: string, values: Values): Promise<number> {
  const { pump: words } = textsFor(consoleLanguage());
  const who = whoOption(values.who);
  for (const line of lines) await askCell(socket, 'hose_replaced', { line, who });
  const text = lines.map((line) => fillHoles(words.newHose, { line })).join('\n');
  process.stdout.write(`${values.json ? JSON.stringify({ lines }) : text}\n`);
  return 0;
}
