import { parseArgs } from 'node:util';
import { Failure } from '#shared/failure.ts';
import type { ServiceJobRequest } from '#wire/service-api.ts';
import { consoleLanguage } from '../console/language.ts';
import { unknownAction, wholeOption } from '../console/options.ts';
import { machinePlace } from '../machine-place.ts';
import { calibrateLine, undoLine } from '../pump/calibrate-line.ts';
import { cleanedByHand, printBook, printHoses, replaceHose } from '../pump/books.ts';
import { lineOption, linesOption, mlOption, whoOption } from '../pump/pump-options.ts';
import { jobConsole, jobText, runJob } from '../pump/run-job.ts';
import { askCell } from '../service-client.ts';
import { textsFor } from '../texts/texts.ts';

export const help = `usage: decant pump test|prime|purge|rinse LINE… [--ml N] [--all]
       decant pump prime LINE… --hold
       decant pump clean LINE… [--product NAME] [--lot NAME] [--contact SECONDS] [--rinse-ml N] [--ml N] [--all]
       decant pump clean LINE… --by-hand --product NAME --contact SECONDS --rinse-ml N [--lot NAME]
       decant pump clean --book [--csv]
       decant pump calibrate LINE [--ml N] [--repeat N] [--water] [--dry-run]
       decant pump calibrate LINE --undo
       decant pump hose [LINE… --replaced]
       decant pump stop
       each with [--who NAME] [--state DIR] [--json]

Keeps the lines of a running machine. A job never runs beside a drink, and nothing is sold while it runs. It ends at once
with Ctrl-C, with \`decant pump stop\`, when a door or a tray opens, when the service key is turned back, and when this
command ends in any way. Several lines run together as far as the machine's power allows. What was moved is computed from
executed on-times and stands in the journal, with your name.

  test           10 ml of each line: does anything run?
  prime          fills the line (dead_volume_ul in machine.yaml); --hold runs until Enter or Ctrl-C
  purge, rinse   empties it, flushes it; the bottle's place is taken by nothing, or by water
  clean          product in, contact time, container changed (Enter; not asked without a terminal), rinse; then the line
                 stands in the cleaning book
  --by-hand      enters a cleaning that the machine did not see; --book prints the book
  calibrate      doses of several drives, each weighed by you: type ml, or grams as in 98.4g; shows old and new
  --water        the doses are water: the liquid's own factor stays as machine.yaml has it
  --undo         takes the calibration before this one back into use
  hose           wear of the hoses; --replaced enters a new one
  --state DIR    the machine's state folder (DECANT_STATE, or .decant here, or /var/lib/decant)
  --json         one JSON document, nothing on stderr meanwhile; volumes in µl, points in time in ms since 1970

Exit code 1 when a job ended early.
`;

const actions = ['test', 'prime', 'purge', 'rinse', 'clean', 'calibrate', 'hose', 'stop'] as const;

const options = {
  state: { type: 'string' },
  json: { type: 'boolean', default: false },
  who: { type: 'string' },
  all: { type: 'boolean', default: false },
  ml: { type: 'string' },
  hold: { type: 'boolean', default: false },
  product: { type: 'string' },
  lot: { type: 'string' },
  contact: { type: 'string' },
  'rinse-ml': { type: 'string' },
  'by-hand': { type: 'boolean', default: false },
  book: { type: 'boolean', default: false },
  csv: { type: 'boolean', default: false },
  repeat: { type: 'string', default: '3' },
  water: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  undo: { type: 'boolean', default: false },
  replaced: { type: 'boolean', default: false },
} as const;

export type PumpValues = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [named, ...lines] = positionals;
  const action = actions.find((one) => one === named);
  if (action === undefined) throw unknownAction(named, actions);
  const { serviceSocket: socket } = machinePlace(values.state);
  switch (action) {
    case 'stop':
      return stop(socket, values);
    case 'hose':
      return values.replaced
        ? replaceHose(await linesOption(lines, values.all, socket), socket, values)
        : printHoses(lines.map(lineOption), socket, values);
    case 'calibrate':
      return values.undo ? undoLine(oneLine(lines), socket, values) : calibrateLine(oneLine(lines), socket, values);
    case 'clean':
      if (values.book) return printBook(socket, values);
      if (values['by-hand']) return cleanedByHand(await linesOption(lines, values.all, socket), socket, values);
      return job(action, lines, socket, values);
    default:
      return job(action, lines, socket, values);
  }
}

async function job(
  program: ServiceJobRequest['program'],
  named: readonly string[],
  socket: string,
  values: PumpValues,
): Promise<number> {
  const { pump: words } = textsFor(consoleLanguage());
  const asked: ServiceJobRequest = {
    program,
    ...cleaningOptions(values),
    ...(values.ml === undefined ? {} : { ul: mlOption(values.ml, '--ml') }),
    ...(values.hold ? { hold: true } : {}),
    // where nobody is who could change a container, the machine does it all
    ...(program === 'clean' && process.stdin.isTTY ? { swap: true } : {}),
    who: whoOption(values.who),
    lines: await linesOption(named, values.all, socket),
  };
  const result = await runJob(asked, jobConsole(socket, words, values.json));
  process.stdout.write(`${values.json ? JSON.stringify(result) : jobText(result, words)}\n`);
  return result.result === 'done' ? 0 : 1;
}

/** What of a cleaning was named on the command line. */
export function cleaningOptions({ product, lot, contact, 'rinse-ml': rinse }: PumpValues) {
  return {
    ...(product === undefined ? {} : { product }),
    ...(lot === undefined ? {} : { lot }),
    ...(contact === undefined ? {} : { contact_seconds: wholeOption(contact, '--contact', { most: 7200 }) }),
    ...(rinse === undefined ? {} : { rinse_ul: mlOption(rinse, '--rinse-ml') }),
  };
}

function oneLine([line, extra]: readonly string[]): number {
  if (line === undefined) throw new Failure('usage/option-missing', { option: 'LINE' });
  if (extra !== undefined) throw new Failure('usage/argument-unknown', { argument: extra });
  return lineOption(line);
}

async function stop(socket: string, { json }: PumpValues): Promise<number> {
  const { pump: words } = textsFor(consoleLanguage());
  const told = await askCell(socket, 'service_stop', {});
  process.stdout.write(`${json ? JSON.stringify(told) : told.stopped ? words.stopDone : words.stopNone}\n`);
  return 0;
}
