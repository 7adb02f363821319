import type { Log, LogFields } from '#shared/log.ts';
import type { Tape } from './tape.ts';

/** A log whose lines are on the tape. */
export function recordedLog(tape: Tape, process: string, always: LogFields = {}): Log {
  const line =
    (level: string) =>
    (event: string, fields: LogFields = {}): void =>
      tape.put('log', { process, level, event, ...always, ...fields });
  return {
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (fields) => recordedLog(tape, process, { ...always, ...fields }),
  };
}
