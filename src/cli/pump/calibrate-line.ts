import { createInterface, type Interface } from 'node:readline';
import { Failure, isFailure } from '#shared/failure.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import type { CalibrationAnswer, CurveView, WeighedDose } from '#wire/service-api.ts';
import { consoleLanguage } from '../console/language.ts';
import { wholeOption } from '../console/options.ts';
import { askCell } from '../service-client.ts';
import type { ConsoleTexts } from '../texts/console-texts.ts';
import { textsFor } from '../texts/texts.ts';
import { ml, mlOption, moment, whoOption } from './pump-options.ts';
import { type JobConsole, jobConsole, runJob } from './run-job.ts';

export interface CalibrateValues {
  readonly ml?: string | undefined;
  readonly repeat: string;
  readonly water: boolean;
  readonly 'dry-run': boolean;
  readonly who?: string | undefined;
  readonly json: boolean;
}

type Words = ConsoleTexts['calibrate'];

const usualUl = 50_000;
/** A short dose, by which the lag is told from the flow. */
const shortPart = 0.3;

/**
 * The assistant: doses of each drive of the line's curve, several times over, and short ones at the highest, each weighed by the
 * technician; then what follows from them, beside what holds. Answers are read from stdin, one a line.
 */
export async function calibrateLine(line: number, socket: string, values: CalibrateValues): Promise<number> {
  const texts = textsFor(consoleLanguage());
  const { calibrate: words } = texts;
  const repeat = wholeOption(values.repeat, '--repeat', { least: 3, most: 10 });
  const ul = values.ml === undefined ? usualUl : mlOption(values.ml, '--ml');
  const who = whoOption(values.who);
  const { now } = await askCell(socket, 'calibration', { line });
  process.stderr.write(`${fillHoles(words.begin, { line })}\n`);
  using scale = new Scale();
  const terminal = jobConsole(socket, texts.pump, true);
  const doses: WeighedDose[] = [];
  const planned = plan(now, ul, repeat);
  for (const [number, dose] of planned.entries()) {
    const at = { number: number + 1, of: planned.length };
    doses.push(await weigh({ line, who, ...dose }, { words, terminal, scale, at }));
  }
  const answer = await askCell(socket, 'calibrate', {
    line,
    doses,
    water: values.water,
    dry_run: values['dry-run'],
    who,
  });
  process.stdout.write(`${values.json ? JSON.stringify(answer) : comparison(answer, words)}\n`);
  if (!values.json) process.stdout.write(`${fillHoles(values['dry-run'] ? words.dry : words.taken, { line })}\n`);
  return 0;
}

/** Takes the calibration before this one back into use. */
export async function undoLine(line: number, socket: string, values: CalibrateValues): Promise<number> {
  const { calibrate: words } = textsFor(consoleLanguage());
  const answer = await askCell(socket, 'calibrate_undo', { line, who: whoOption(values.who) });
  const text = `${comparison(answer, words)}\n${fillHoles(words.undone, { line })}`;
  process.stdout.write(`${values.json ? JSON.stringify(answer) : text}\n`);
  return 0;
}

function plan({ points }: CurveView, ul: number, repeat: number): { drive: number; ul: number }[] {
  const drives = points.map(({ drive }) => drive).toReversed();
  const [fastest = 1000] = drives;
  const doses = [...drives.map((drive) => ({ drive, ul })), { drive: fastest, ul: Math.round(ul * shortPart) }];
  return doses.flatMap((dose) => Array.from({ length: repeat }, () => dose));
}

interface Weighing {
  readonly words: Words;
  readonly terminal: JobConsole;
  readonly scale: Scale;
  readonly at: { readonly number: number; readonly of: number };
}

/** One dose: the pump runs when the technician is ready, then he says what the scale shows. */
async function weigh(
  { line, drive, ul, who }: { line: number; drive: number; ul: number; who: string },
  { words, terminal, scale, at }: Weighing,
): Promise<WeighedDose> {
  await scale.ready(fillHoles(words.ready, { ...at, volume: ml(ul) }));
  const { job, result, reason } = await runJob({ program: 'measure', lines: [line], ul, drive, who }, terminal);
  if (result !== 'done') throw new Failure('machine/pour-interrupted', { reason });
  for (;;) {
    const text = await scale.read(words.weighed);
    try {
      return { job, ...weightOf(text) };
    } catch (error) {
      if (!isFailure(error)) throw error;
      process.stderr.write(`${words.again}\n`);
    }
  }
}

/** `49.8`, `49.8 ml` or `49.8g`. @throws Failure `usage/option-wrong` */
function weightOf(text: string): { ul: number } | { mg: number } {
  const [, amount = '', unit = 'ml'] = /^\s*([\d.,]+)\s*(ml|g)?\s*$/i.exec(text) ?? [];
  const value = mlOption(amount, 'ml');
  return unit.toLowerCase() === 'g' ? { mg: value } : { ul: value };
}

function comparison({ old, new: next, doses }: CalibrationAnswer, words: Words): string {
  const rows = doses.map(({ drive, doses: count, mean_ul, spread_ul, spread_permille }) =>
    fillHoles(words.group, {
      drive: percentOf(drive),
      count,
      volume: ml(mean_ul),
      spread: ml(spread_ul),
      percent: (spread_permille / 10).toFixed(1),
    }),
  );
  const drives = [...new Set([...old.points, ...next.points].map(({ drive }) => drive))].sort((a, b) => a - b);
  const curves = drives.map((drive) =>
    fillHoles(words.point, {
      drive: percentOf(drive),
      old: flowText(old, drive),
      new: flowText(next, drive),
      change: change(old, next, drive),
    }),
  );
  const since = fillHoles(words.measured, {
    old: moment(old.measured, words.unknown),
    new: moment(next.measured, words.unknown),
  });
  return [...rows, ...curves, since].join('\n');
}

const percentOf = (drive: number): string => `${(drive / 10).toFixed(0)} %`;

/** µl/s of the liquid itself; undefined where the curve has no such point. */
function flowAt({ points, factor }: CurveView, drive: number): number | undefined {
  const point = points.find((each) => each.drive === drive);
  return point === undefined ? undefined : (point.ul_per_s * factor) / 1000;
}

function flowText(curve: CurveView, drive: number): string {
  const flow = flowAt(curve, drive);
  return flow === undefined ? '–' : `${(flow / 1000).toFixed(2)} ml/s`;
}

/** How far the pump has drifted. */
function change(old: CurveView, next: CurveView, drive: number): string {
  const [before, now] = [flowAt(old, drive), flowAt(next, drive)];
  if (before === undefined || now === undefined) return '–';
  const percent = (100 * (now - before)) / before;
  return `${percent < 0 ? '' : '+'}${percent.toFixed(1)} %`;
}

/** Whoever reads the scale, at a terminal or as lines of a file. */
class Scale implements Disposable {
  readonly #lines: Interface;
  readonly #read: AsyncIterator<string, undefined>;

  constructor() {
    this.#lines = createInterface({ input: process.stdin });
    this.#read = this.#lines[Symbol.asyncIterator]();
  }

  /** Waits for Enter where somebody sits; who sends lines is always ready. */
  async ready(question: string): Promise<void> {
    process.stderr.write(process.stdin.isTTY ? question : `${question}\n`);
    if (process.stdin.isTTY) await this.#next();
  }

  /** @throws Failure `usage/option-missing` at the end of the lines */
  read(question: string): Promise<string> {
    process.stderr.write(question);
    return this.#next();
  }

  [Symbol.dispose](): void {
    this.#lines.close();
  }

  async #next(): Promise<string> {
    const next = await this.#read.next();
    if (next.done === true) throw new Failure('usage/option-missing', { option: 'ml' });
    return next.value;
  }
}
