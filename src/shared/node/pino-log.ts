import { type Logger, pino } from 'pino';
import type { Log, LogFields } from '../log.ts';

/** JSON lines by pino on `destination` (a path, or a file descriptor; 2 is stderr), each with the process's name. */
export function pinoLog(name: string, destination: string | number = 2, level = 'info'): Log {
  return wrap(
    pino({ name, level, base: { name, pid: process.pid } }, pino.destination({ dest: destination, sync: true })),
  );
}

function wrap(logger: Logger): Log {
  return {
    info: (event, fields) => logger.info({ ...fields }, event),
    warn: (event, fields) => logger.warn({ ...fields }, event),
    error: (event, fields) => logger.error({ ...fields }, event),
    with: (fields: LogFields) => wrap(logger.child({ ...fields })),
  };
}
