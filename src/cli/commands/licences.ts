import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, required, unknownAction, wholeOption } from '../console/options.ts';
import { buyAhead, type Wanted } from '../licences/buy.ts';
import { machinePlace } from '../machine-place.ts';
import { askCell } from '../service-client.ts';
import { textsFor } from '../texts/texts.ts';

export const help = `usage: decant licences [--state DIR] [--json]
       decant licences buy SLUG --uses N [--from TIME --until TIME] [--yes] [--order ID] [--state DIR] [--json]

Uses of recipes that lie in the machine. Bought ahead they serve whoever orders the drink, also while the marketplace
is away; how many may then be poured before it hears of them stands in the licence. Volumes are bought as so many uses.

  buy SLUG      buys uses of this drink from the machine's account, after the price was confirmed
  --uses N      how many, 1 to 16; each needs a free prekey
  --from TIME, --until TIME
                good within this window only (2026-12-31T18:00:00Z); such uses pause while the machine's time is not trusted
  --yes         the price is not asked about
  --order ID    repeats a purchase that was cut off: the same id buys nothing twice
  --state DIR   the machine's state folder (DECANT_STATE, or .decant here, or /var/lib/decant)
  --json        {"time": {"now", "trusted", "why", "last"}, "licences": [{"cti", "seq", "recipe", "version", "kind", "unused",
                "at_hand", "not_before", "expires", "state"}]}, times in ms since 1970; with buy {"order", "drink", "uses",
                "seq", "price_sat", "licensor_sat", "marketplace_sat"}
`;

const options = {
  state: { type: 'string' },
  uses: { type: 'string' },
  from: { type: 'string' },
  until: { type: 'string' },
  order: { type: 'string' },
  yes: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [action, slug] = positionals;
  if (action === undefined) return list(values);
  if (action !== 'buy') throw unknownAction(action, ['buy']);
  noMoreThan(2, positionals);
  return buy(wantedOf(required(slug, 'SLUG'), values), values);
}

async function list({ state, json }: Values): Promise<number> {
  const { time, licences } = await askCell(machinePlace(state).serviceSocket, 'status', {});
  const plain = licences.map(({ cti, recipe, ...rest }) => ({ cti: hex(cti), recipe: hex(recipe), ...rest }));
  process.stdout.write(json ? `${JSON.stringify({ time, licences: plain })}\n` : table(time, licences));
  return 0;
}

function table(time: CellStatus['time'], licences: CellStatus['licences']): string {
  const { licences: words, licenceStates, time: timeWords } = textsFor(consoleLanguage());
  const told = time.why === null ? timeWords.trusted : timeWords[time.why];
  const date = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  const rows = licences.map(({ seq, recipe, version, unused, at_hand: atHand, expires, state }) =>
    [
      `#${seq}`.padEnd(6),
      `${hex(recipe).slice(0, 8)} v${version}`.padEnd(14),
      `${unused} ${words.unused}, ${atHand} ${words.atHand}`.padEnd(28),
      `${words.until} ${date(expires)}`,
      licenceStates[state],
    ].join('  '),
  );
  return `${[...(rows.length === 0 ? [words.none] : rows), told].join('\n')}\n`;
}

function wantedOf(slug: string, { uses, from, until, order }: Values): Wanted {
  const quantity = wholeOption(required(uses, '--uses'), '--uses', { least: 1, most: 16 });
  const id = order ?? randomUUID();
  if (!z.uuid().safeParse(id).success) throw new Failure('usage/option-wrong', { option: '--order', value: id });
  if (from === undefined && until === undefined) return { slug, quantity, order: id };
  const window = {
    nbf: secondsOf(required(from, '--from'), '--from'),
    exp: secondsOf(required(until, '--until'), '--until'),
  };
  if (window.exp <= window.nbf) throw new Failure('usage/option-wrong', { option: '--until', value: until ?? '' });
  return { slug, quantity, order: id, window };
}

function secondsOf(text: string, option: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}T[\d:]+Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isSafeInteger(ms)) throw new Failure('usage/option-wrong', { option, value: text });
  return Math.floor(ms / 1000);
}

async function buy(wanted: Wanted, { state, yes, json }: Values): Promise<number> {
  const { licences: words } = textsFor(consoleLanguage());
  if (!yes && !process.stdin.isTTY) throw new Failure('usage/option-missing', { option: '--yes' });
  const { slug: drink, quantity: uses, order } = wanted;
  const bought = await buyAhead(machinePlace(state), wanted, async (price) => {
    process.stderr.write(`${fillHoles(words.price, { uses, drink, price, order })}\n`);
    return yes || isYes(await answer(words.ask));
  });
  if (bought === null) {
    process.stderr.write(`${words.notBought}\n`);
    return 1;
  }
  process.stdout.write(`${json ? JSON.stringify(bought) : fillHoles(words.bought, { ...bought })}\n`);
  return 0;
}

async function answer(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

const isYes = (text: string): boolean => ['y', 'yes', 'j', 'ja'].includes(text.trim().toLowerCase());
