import { type ProbeName, probeNames, type ProbeResult, type TokenReport } from '#hsm/report/token-report.ts';
import { reportLabel } from '#hsm/report/temporary-keys.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import type { TokenTexts } from './token-texts.ts';

/** A report for people: the verdict, what was tried, what follows. */
export function reportTable(report: TokenReport, texts: TokenTexts): string {
  const { verdict, probes } = report;
  const named = (names: readonly ProbeName[]): string => names.map((name) => texts.probes[name]).join('; ');
  const because = verdict.t === 'H' ? [] : [fillHoles(texts.because, { reasons: named(verdict.because) })];
  const limits = report.limits.length === 0 ? [] : [fillHoles(texts.limits, { limits: named(report.limits) })];
  const width = Math.max(...Object.values(texts.probes).map(({ length }) => length));
  const [what, median, p95, count] = texts.columns;
  const heading = `  ${what.padEnd(width)}  ${median.padStart(10)}  ${p95.padStart(10)}  ${count.padStart(4)}`;
  const rows = probeNames.map((name) => row(texts.probes[name].padEnd(width), probes[name], texts));
  return [
    texts.verdicts[verdict.t],
    ...because,
    '',
    heading,
    ...rows,
    '',
    ...limits,
    ...compared(report, texts),
    report.left === 0 ? texts.clean : fillHoles(texts.left, { count: report.left, label: reportLabel }),
  ].join('\n');
}

function row(what: string, result: ProbeResult, texts: TokenTexts): string {
  switch (result.t) {
    case 'yes': {
      const { medianMs, p95Ms, count } = result.latency;
      return `✓ ${what}  ${inMs(medianMs)}  ${inMs(p95Ms)}  ${String(count).padStart(4)}`;
    }
    case 'no':
      return `✗ ${what}  ${result.reason}`;
    case 'skipped':
      return `· ${what}  ${texts.skipped}`;
  }
}

const inMs = (ms: number): string => `${ms.toFixed(ms < 10 ? 3 : 0)} ms`.padStart(10);

function compared({ module, differences }: TokenReport, texts: TokenTexts): string[] {
  const { row, tried, said } = module;
  const differing = differences.map(({ trait, row: saysRow, found }) =>
    fillHoles(texts.differs, { row, trait, found: found || '–', said: saysRow || '–' }),
  );
  if (!tried) return [fillHoles(texts.untried, { said }), ...differing];
  return differing.length === 0 ? [fillHoles(texts.agrees, { row })] : differing;
}
