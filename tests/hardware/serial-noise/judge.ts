import type { Edge } from '#tests/support/board.ts';

/** A dose as it was ordered, µs from the start of its job. */
export interface Ordered {
  readonly pump: number;
  readonly start: number;
  readonly stop: number;
}

/** What the host was told of a job. */
export interface Told {
  /** `refused`: nothing was begun. */
  readonly end: 'refused' | 'done' | 'stopped' | 'fault';
  /** The record that the board kept, on-time by pump, µs; null when there was none to be had. */
  readonly record: ReadonlyMap<number, number> | null;
  /** The board was reset meanwhile: its record may miss a little of what it did last. */
  readonly wasReset: boolean;
}

/** One tick of the board, and what a time that is noted each millisecond may miss at a reset, µs. */
const tick = 16;
const missedAtReset = 2_000;

/**
 * What the pins did between the order of one job and that of the next, held against the order: every mischief in words. It
 * knows nothing of frames, sessions or the driver.
 */
export function judge(
  ordered: readonly Ordered[],
  told: Told,
  edges: readonly Edge[],
  pins: ReadonlyMap<number, number>,
): string[] {
  const wrong: string[] = [];
  const begins = new Set<number>();
  for (const [pump, pin] of pins) {
    const own = edges.filter((edge) => edge.pin === pin);
    const steps = ordered.filter((step) => step.pump === pump);
    const on = pulsesOf(own, wrong, pump);
    if (on.length > steps.length) wrong.push(`pump ${pump} ran ${on.length} times for ${steps.length} doses`);
    for (const [place, pulse] of on.entries()) {
      const step = steps[place];
      if (step === undefined) continue;
      begins.add(Math.round(pulse.at - step.start));
      const long = step.stop - step.start;
      if (pulse.us > long + tick) wrong.push(`pump ${pump} poured ${pulse.us} µs of ${long}`);
      const isCut = told.end !== 'done' && place === on.length - 1;
      if (!isCut && pulse.us < long - tick) wrong.push(`pump ${pump} poured only ${pulse.us} µs of ${long}`);
    }
    if (told.end === 'refused' && on.length > 0) wrong.push(`pump ${pump} ran though the job was refused`);
    if (told.end === 'done' && on.length < steps.length) wrong.push(`pump ${pump} is done and poured too little`);
    const recorded = told.record?.get(pump);
    const poured = on.reduce((all, { us }) => all + us, 0);
    const free = tick * (on.length + 1) + (told.wasReset ? missedAtReset : 0);
    if (told.record !== null && Math.abs((recorded ?? 0) - poured) > free) {
      wrong.push(`pump ${pump} poured ${poured} µs, recorded are ${recorded ?? 0}`);
    }
  }
  const [first = 0] = begins;
  if ([...begins].some((begin) => Math.abs(begin - first) > tick)) wrong.push('doses began at times of their own');
  return wrong;
}

/** Times on at one pin, µs of the board's clock. */
function pulsesOf(own: readonly Edge[], wrong: string[], pump: number): { at: number; us: number }[] {
  const pulses: { at: number; us: number }[] = [];
  let since: number | null = null;
  for (const { level, ns } of own) {
    if (level === '1') since ??= ns;
    else if (since !== null) {
      pulses.push({ at: since / 1000, us: (ns - since) / 1000 });
      since = null;
    }
  }
  if (since !== null) wrong.push(`pump ${pump} is on after its job`);
  return pulses;
}
