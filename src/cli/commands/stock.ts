import { parseArgs } from 'node:util';
import { Failure } from '#shared/failure.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, required, unknownAction } from '../console/options.ts';
import { machinePlace } from '../machine-place.ts';
import { lineOption, ml, mlOption, whoOption } from '../pump/pump-options.ts';
import { askCell } from '../service-client.ts';
import { textsFor } from '../texts/texts.ts';
import { lineRow } from './status.ts';

export const help = `usage: decant stock [--state DIR] [--json]
       decant stock set LINE ML|full [--who NAME] [--state DIR] [--json]
       decant stock waste [--state DIR] [--json]

What the bottles hold, as anyone may see it: it falls by what recipes publish at most, so that no amount of a recipe shows.
Priming, test runs and doses for the scale lower it exactly.

  set LINE ML    what is in the bottle of that line now; full: as much as machine.yaml says
  waste          what was moved and not sold: service jobs by line, and drinks that were cut short by their published total
  --who NAME     whose name stands in the journal (your account)
  --state DIR    the machine's state folder (DECANT_STATE, or .decant here, or /var/lib/decant)
  --json         {"lines": [{"line", "ingredient", "stock_ul", "bottle_ul"}]}; with waste {"lines": [{"line", "ingredient",
                 "program", "ul"}], "drinks": {"count", "ul"}}
`;

const options = {
  state: { type: 'string' },
  who: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [action, line, amount] = positionals;
  const { serviceSocket: socket } = machinePlace(values.state);
  switch (action) {
    case undefined:
      return show(socket, values);
    case 'set':
      noMoreThan(3, positionals);
      return set(lineOption(required(line, 'LINE')), required(amount, 'ML'), socket, values);
    case 'waste':
      noMoreThan(1, positionals);
      return waste(socket, values);
    default:
      throw unknownAction(action, ['set', 'waste']);
  }
}

async function show(socket: string, { json }: Values): Promise<number> {
  const status = await askCell(socket, 'status', {});
  const words = textsFor(consoleLanguage());
  const lines = status.lines.map(({ line, ingredient, stock_ul, bottle_ul }) => ({
    line,
    ingredient,
    stock_ul,
    bottle_ul,
  }));
  const rows = status.lines.map(lineRow(status, words)).map((row) => row.join('  '));
  process.stdout.write(`${json ? JSON.stringify({ lines }) : rows.join('\n')}\n`);
  return 0;
}

async function set(line: number, amount: string, socket: string, { who, json }: Values): Promise<number> {
  const { lines } = await askCell(socket, 'status', {});
  const found = lines.find((one) => one.line === line);
  if (found === undefined) throw new Failure('dispenser/unknown-pump', { line });
  const stock_ul = amount === 'full' ? found.bottle_ul : amount === '0' ? 0 : mlOption(amount, 'ML');
  await askCell(socket, 'stock_set', { line, stock_ul, who: whoOption(who) });
  const { stock: words } = textsFor(consoleLanguage());
  const told = { line, ingredient: found.ingredient, stock_ul };
  process.stdout.write(`${json ? JSON.stringify(told) : fillHoles(words.set, { ...told, volume: ml(stock_ul) })}\n`);
  return 0;
}

async function waste(socket: string, { json }: Values): Promise<number> {
  const { stock: words, pump } = textsFor(consoleLanguage());
  const told = await askCell(socket, 'waste', {});
  const rows = told.lines.map(({ line, ingredient, program, ul }) =>
    fillHoles(words.waste, { line, ingredient, program: pump.programs[program], volume: ml(ul) }),
  );
  const drinks = fillHoles(words.drinks, { count: told.drinks.count, volume: ml(told.drinks.ul) });
  process.stdout.write(`${json ? JSON.stringify(told) : [...rows, drinks].join('\n')}\n`);
  return 0;
}
