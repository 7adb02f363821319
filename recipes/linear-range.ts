/**
 * The exact range of each variable of a system of linear inequalities: Dantzig's simplex with Bland's rule, in whole numbers
 * (every entry over one common denominator, so that nothing is ever rounded). Made for a recipe's public fields: at most 16 variables
 * and some forty rows.
 */

/** Σ weights × x ≤ limit, all whole, all x ≥ 0. */
export interface Inequality {
  readonly weights: readonly bigint[];
  readonly limit: bigint;
}

/** A quotient of whole numbers, the denominator above zero. */
export interface Ratio {
  readonly over: bigint;
  readonly under: bigint;
}

/** A tableau over one denominator: each row is a basic variable as right-hand side and coefficients. */
interface Tableau {
  rows: bigint[][];
  /** Which variable each row stands for, and each column. */
  readonly basic: number[];
  readonly free: number[];
  denominator: bigint;
}

/** The least and the greatest of each variable, or null when nothing satisfies all inequalities. Every variable must be bounded. */
export function linearRanges(
  inequalities: readonly Inequality[],
  variables: number,
): { least: Ratio; most: Ratio }[] | null {
  const start = feasibleTableau(inequalities, variables);
  if (start === null) return null;
  return Array.from({ length: variables }, (_, variable) => {
    const most = maximised(copyOf(start), variable, 1n);
    const least = maximised(copyOf(start), variable, -1n);
    return { least: { over: -least.over, under: least.under }, most };
  });
}

/** A tableau whose right-hand sides are all zero or more. */
function feasibleTableau(inequalities: readonly Inequality[], variables: number): Tableau | null {
  const helper = variables + inequalities.length;
  const tableau: Tableau = {
    // the last column is the helper, which makes every row feasible
    rows: inequalities.map(({ weights, limit }) => [limit, ...weights, -1n]),
    basic: inequalities.map((_, row) => variables + row),
    free: [...Array.from({ length: variables }, (_, i) => i), helper],
    denominator: 1n,
  };
  const worst = lowestRow(tableau);
  if (worst !== null) {
    pivot(tableau, worst, variables);
    if (maximised(tableau, helper, -1n).over !== 0n) return null;
  }
  return without(tableau, helper);
}

/** The row with the lowest right-hand side, if that is below zero. */
function lowestRow({ rows }: Tableau): number | null {
  let lowest: number | null = null;
  rows.forEach(([limit = 0n], row) => {
    if (limit < 0n && (lowest === null || limit < (rows[lowest]?.[0] ?? 0n))) lowest = row;
  });
  return lowest;
}

/** The tableau without a variable that is zero. */
function without(tableau: Tableau, helper: number): Tableau | null {
  const row = tableau.basic.indexOf(helper);
  if (row >= 0) {
    const column = (tableau.rows[row] ?? []).findIndex((value, i) => i > 0 && value !== 0n);
    if (column < 0) return null;
    pivot(tableau, row, column - 1);
  }
  const column = tableau.free.indexOf(helper);
  return {
    ...tableau,
    free: tableau.free.toSpliced(column, 1),
    rows: tableau.rows.map((values) => values.toSpliced(column + 1, 1)),
  };
}

/** The greatest of ± one variable; leaves the tableau there. */
function maximised(tableau: Tableau, variable: number, sign: 1n | -1n): Ratio {
  for (;;) {
    const column = entering(tableau, variable, sign);
    if (column === null) return valueOf(tableau, variable, sign);
    const row = leaving(tableau, column);
    if (row === null) throw new RangeError('a variable without bound');
    pivot(tableau, row, column);
  }
}

/** The first free variable whose growth raises ± `variable` (Bland). */
function entering({ rows, basic, free }: Tableau, variable: number, sign: bigint): number | null {
  const row = rows[basic.indexOf(variable)];
  let best: number | null = null;
  free.forEach((each, column) => {
    const growth = row === undefined ? (each === variable ? sign : 0n) : -sign * (row[column + 1] ?? 0n);
    if (growth > 0n && (best === null || each < (free[best] ?? 0))) best = column;
  });
  return best;
}

/** The row that limits the growth of a column first; among equals the first variable (Bland). */
function leaving({ rows, basic }: Tableau, column: number): number | null {
  let best: number | null = null;
  rows.forEach((values, row) => {
    const [limit = 0n] = values;
    const slope = values[column + 1] ?? 0n;
    if (slope <= 0n) return;
    const other = best === null ? undefined : rows[best];
    const difference = other === undefined ? -1n : limit * (other[column + 1] ?? 0n) - (other[0] ?? 0n) * slope;
    if (difference < 0n || (difference === 0n && best !== null && (basic[row] ?? 0) < (basic[best] ?? 0))) best = row;
  });
  return best;
}

function valueOf({ rows, basic, denominator }: Tableau, variable: number, sign: bigint): Ratio {
  return { over: sign * (rows[basic.indexOf(variable)]?.[0] ?? 0n), under: denominator };
}

/** Exchanges a basic and a free variable, in whole numbers (Edmonds, Bareiss): every division leaves no rest. */
function pivot(tableau: Tableau, row: number, column: number): void {
  const { basic, free, denominator } = tableau;
  const at = column + 1;
  const line = tableau.rows[row] ?? [];
  const pivotValue = line[at] ?? 0n;
  const sign = pivotValue < 0n ? -1n : 1n;
  tableau.rows = tableau.rows.map((values, i) =>
    i === row
      ? line.map((value, j) => sign * (j === at ? denominator : value))
      : values.map((value, j) => {
          const factor = values[at] ?? 0n;
          if (j === at) return -sign * factor;
          return (sign * (value * pivotValue - factor * (line[j] ?? 0n))) / denominator;
        }),
  );
  tableau.denominator = sign * pivotValue;
  const leaving_ = basic[row] ?? 0;
  basic[row] = free[column] ?? 0;
  free[column] = leaving_;
}

function copyOf({ rows, basic, free, denominator }: Tableau): Tableau {
  return { rows: rows.map((values) => [...values]), basic: [...basic], free: [...free], denominator };
}
