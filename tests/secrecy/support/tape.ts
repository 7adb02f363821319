import { masked } from './mask.ts';

/** Where bytes end up that somebody besides the cell can read. */
export type Sink =
  | 'cell socket'
  | 'technician socket'
  | 'marketplace'
  | 'broker'
  | 'screen'
  | 'log'
  | 'cell disk'
  | 'desk database'
  | 'marketplace database'
  | 'command line';

/** One thing that a sink got, when (ms since the beginning), with opaque fields masked. */
export interface Record {
  readonly sink: Sink;
  readonly at: number;
  readonly what: unknown;
}

/** All that the sinks of one run ever got, in its order. */
export class Tape {
  readonly records: Record[] = [];
  readonly #clock: { monotonic(): number };

  constructor(clock: { monotonic(): number }) {
    this.#clock = clock;
  }

  put(sink: Sink, what: unknown): void {
    this.records.push({ sink, at: this.#clock.monotonic(), what: masked(what) });
  }

  /** The records of one sink as lines that can be compared and read. */
  lines(sink: Sink): string[] {
    return this.records.filter((one) => one.sink === sink).map(({ at, what }) => `${at} ms ${JSON.stringify(what)}`);
  }
}

export const sinks: readonly Sink[] = [
  'cell socket',
  'technician socket',
  'marketplace',
  'broker',
  'screen',
  'log',
  'cell disk',
  'desk database',
  'marketplace database',
  'command line',
];

/** Where two runs differ: for each sink the first line that does, and in it the first place. Empty when nothing tells them apart. */
export function differences(one: Tape, other: Tape): string[] {
  return sinks.flatMap((sink) => {
    const [a, b] = [one.lines(sink), other.lines(sink)];
    const at = a.findIndex((line, i) => line !== b[i]);
    const first = at === -1 && a.length !== b.length ? Math.min(a.length, b.length) : at;
    return first === -1 ? [] : [`${sink}, line ${first}: ${difference(a[first], b[first])}`];
  });
}

function difference(a = 'nothing', b = 'nothing'): string {
  let at = 0;
  while (a[at] === b[at]) at += 1;
  const part = (line: string): string => `${line.slice(0, 60)} … ${line.slice(Math.max(60, at - 80), at + 80)}`;
  return `\n  ${part(a)}\n  ${part(b)}`;
}
