/** One measured figure. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly runs: number;
  /** What it is held against in the same run, or the goal. */
  readonly beside?: string;
}

/** Prints figures as a table, or with `--json` as one object a line. */
export function report(title: string, figures: readonly Figure[]): void {
  if (process.argv.includes('--json')) {
    for (const figure of figures) process.stdout.write(`${JSON.stringify({ bench: title, ...figure })}\n`);
    return;
  }
  process.stdout.write(`\n${title}\n`);
  for (const { what, value, unit, runs, beside = '' } of figures) {
    const shown = value >= 100 ? value.toFixed(0) : value.toPrecision(3);
    process.stdout.write(
      `  ${what.padEnd(54)}${shown.padStart(10)} ${unit.padEnd(8)} n=${String(runs).padEnd(7)}${beside}\n`,
    );
  }
}

/** The value below which the share `q` of the samples lies. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Milliseconds that each of `runs` calls takes. */
export async function timed(runs: number, work: (run: number) => unknown): Promise<number[]> {
  const taken: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const from = performance.now();
    await work(run);
    taken.push(performance.now() - from);
  }
  return taken;
}
