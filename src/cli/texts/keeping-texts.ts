import type { ProgramName, ServiceProgress } from '#wire/service-api.ts';
import type { LineState } from '../doctor/line-verdict.ts';

/** What the commands print that keep the machine, in one language. */
export interface KeepingTexts {
  readonly keeping: Readonly<Record<LineState, string>>;
  readonly pump: Readonly<
    Record<
      | 'holding'
      | 'moved'
      | 'entered'
      | 'stopped'
      | 'failed'
      | 'stopDone'
      | 'stopNone'
      | 'bookEmpty'
      | 'byHand'
      | 'hose'
      | 'newHose'
      | 'never'
      | 'notSoon',
      string
    >
  > & {
    readonly phases: Readonly<Record<ServiceProgress['phase'], string>>;
    readonly programs: Readonly<Record<ProgramName, string>>;
    readonly reasons: Readonly<Record<string, string>>;
  };
  readonly calibrate: Readonly<
    Record<
      'begin' | 'ready' | 'weighed' | 'again' | 'group' | 'point' | 'measured' | 'unknown' | 'taken' | 'dry' | 'undone',
      string
    >
  >;
  readonly stock: Readonly<Record<'set' | 'waste' | 'drinks', string>>;
}
