import { parseArgs } from 'node:util';
import { systemClock } from '#shared/node/system-clock.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { consoleLanguage } from '../console/language.ts';
import { examine } from '../doctor/examine.ts';
import { checkNames, type Finding, type FindingState } from '../doctor/finding.ts';
import { machinePlace } from '../machine-place.ts';
import type { ConsoleTexts } from '../texts/console-texts.ts';
import { textsFor } from '../texts/texts.ts';

export const help = `usage: decant doctor [--state DIR] [--json]

Looks at a machine from outside and changes nothing: Node, disk, configuration, token and PIN file (the PIN is not
tried), clock, cell, desk, marketplace, broker, payments, certificates, prekeys, journal, pumps (their port or GPIO
lines; by the cell's word while it runs), lines. ✓ good, ! to keep in mind, ✗ wrong, · could not be looked at.

  --state DIR  the machine's state folder (DECANT_STATE, or .decant here, or /var/lib/decant)
  --json       {"good": n, "warning": n, "bad": n, "skipped": n, "checks": [{"check", "state", "finding", "facts",
               "what", "todo"}]}

Exit code 1 when something is ✗.
`;

const marks: Readonly<Record<FindingState, string>> = { good: '✓', warning: '!', bad: '✗', skipped: '·' };
const colours: Readonly<Record<FindingState, number>> = { good: 32, warning: 33, bad: 31, skipped: 2 };

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { state: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const findings = await examine(machinePlace(values.state), () => systemClock.now());
  const texts = textsFor(consoleLanguage());
  const counts = { good: 0, warning: 0, bad: 0, skipped: 0 };
  for (const { state } of Object.values(findings)) counts[state] += 1;
  if (values.json) {
    const checks = checkNames.map((check) => ({ check, ...plain(findings[check], texts) }));
    process.stdout.write(`${JSON.stringify({ ...counts, checks })}\n`);
  } else {
    const colour = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
    const width = Math.max(...Object.values(texts.checks).map(({ length }) => length));
    const rows = checkNames.map((check) => row(texts.checks[check].padEnd(width), findings[check], { texts, colour }));
    const { well, ill } = texts.doctor;
    const end = counts.bad > 0 ? fillHoles(ill, { count: counts.bad }) : fillHoles(well, { warnings: counts.warning });
    process.stdout.write(`${[...rows, '', end].join('\n')}\n`);
  }
  return counts.bad > 0 ? 1 : 0;
}

function plain({ state, name, facts }: Finding, texts: ConsoleTexts) {
  const { what, todo } = texts.findings[name];
  const words = Object.entries(facts).map(([fact, value]) => [fact, fact === 'state' ? stateIn(texts, value) : value]);
  const told = Object.fromEntries(words) as typeof facts;
  return { state, finding: name, facts, what: fillHoles(what, told), todo: fillHoles(todo, told) };
}

const stateIn = ({ states }: ConsoleTexts, value: string | number): string | number =>
  Object.entries(states).find(([name]) => name === value)?.[1] ?? value;

/** A line for what was found, and one below it for what to do. */
function row(title: string, finding: Finding, { texts, colour }: { texts: ConsoleTexts; colour: boolean }): string {
  const { state, what, todo } = plain(finding, texts);
  const mark = colour ? `\u001b[${colours[state]}m${marks[state]}\u001b[0m` : marks[state];
  const advice = todo === '' ? '' : `\n  ${' '.repeat(title.length)}  → ${todo}`;
  return `${mark} ${title}  ${what}${advice}`;
}
