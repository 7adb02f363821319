import { parseArgs } from 'node:util';
import { hex } from '#shared/entropy.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { consoleLanguage } from '../console/language.ts';
import { lineState } from '../doctor/line-verdict.ts';
import { machinePlace } from '../machine-place.ts';
import { askCell } from '../service-client.ts';
import type { ConsoleTexts } from '../texts/console-texts.ts';
import { textsFor } from '../texts/texts.ts';

export const help = `usage: decant status [--state DIR] [--json]

What a running machine is doing: state, token, prekeys, licences, stock as anyone may see it, journal.

  --state DIR  the machine's state folder (DECANT_STATE, or .decant here, or /var/lib/decant)
  --json       one JSON document; volumes in µl, times in ms since 1970
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { state: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const status = await askCell(machinePlace(values.state).serviceSocket, 'status', {});
  process.stdout.write(`${statusText(status, textsFor(consoleLanguage()), values.json)}\n`);
  return 0;
}

/** What this command says of a machine, for people or for programs. */
export function statusText(status: CellStatus, texts: ConsoleTexts, isJson: boolean): string {
  return isJson ? JSON.stringify(plain(status)) : describe(status, texts);
}

/** The status with bytes as hexadecimal text. */
function plain(status: CellStatus): unknown {
  return JSON.parse(
    JSON.stringify(status, (_key, value: unknown) => (value instanceof Uint8Array ? hex(value) : value)),
  );
}

function describe(status: CellStatus, texts: ConsoleTexts): string {
  const { status: words, states, time, quarantine } = texts;
  const { token, prekeys, journal, licences } = status;
  const unused = licences.reduce((sum, licence) => sum + licence.unused, 0);
  const rows: [string, string][] = [
    [words.token, `${token.class}, ${words.profile} ${token.profile}, ${words.serial} ${token.serial}`],
    [words.prekeys, `${prekeys.free} ${words.free}, ${prekeys.assigned} ${words.assigned}`],
    [words.licences, `${unused} ${words.unused}, ${words.lastNumber} ${status.last_seq}`],
    [time.title, status.time.why === null ? time.trusted : time[status.time.why]],
    [words.recipes, `${status.spooled.length} ${words.inSpool}`],
    [words.journal, `${journal.index} ${words.entries}, ${words.head} ${hex(journal.head).slice(0, 16)}…`],
    [words.contacts, contactsText(status, words)],
    ...quarantineRows(status, quarantine),
    ...status.lines.map(lineRow(status, texts)),
  ];
  const width = Math.max(...rows.map(([title]) => title.length)) + 2;
  return [
    `${status.name} (${status.machine}) ${words.is} ${states[status.state]}, ${status.software}`,
    ...rows.map(([title, text]) => title.padEnd(width) + text),
  ].join('\n');
}

function contactsText({ contacts }: CellStatus, words: ConsoleTexts['status']): string {
  const names = ['glass', 'door', 'tray', 'supply', 'service_key'] as const;
  return names.map((name) => `${words.contact[name]} ${words.contactStates[contacts[name]]}`).join(', ');
}

/** Why licensing serves the machine no more, and what the operator needs to end it. */
function quarantineRows({ quarantine }: CellStatus, words: ConsoleTexts['quarantine']): [string, string][] {
  if (quarantine === null) return [];
  const { reason, seen } = quarantine;
  const named =
    seen === null ? words.noHead : fillHoles(words.head, { index: seen.index, head: hex(seen.head).slice(0, 16) });
  return [
    [words.title, fillHoles(words.why, { reason: words.reasons[reason] ?? reason })],
    ['', named],
    ['', words.out],
  ];
}

/** A line's stock as anyone may see it, and why nothing is sold from it, or soon will not be. */
export function lineRow(
  { lines, time }: CellStatus,
  { status: words, keeping }: ConsoleTexts,
): (line: CellStatus['lines'][number]) => [string, string] {
  const longest = Math.max(...lines.map(({ ingredient }) => ingredient.length)) + 2;
  return (view) => {
    const { line, ingredient, stock_ul: stock, bottle_ul: bottle } = view;
    const state = lineState(view, time.now);
    const told = state === null ? '' : `  ${keeping[state]}`;
    return [
      `${words.line} ${String(line).padStart(2)}`,
      `${ingredient.padEnd(longest)}${bar(stock, bottle)} ${String(Math.round(stock / 1000)).padStart(6)} ml${told}`,
    ];
  };
}

function bar(stock: number, bottle: number): string {
  const width = 20;
  const full = bottle === 0 ? 0 : Math.min(width, Math.round((width * stock) / bottle));
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}
