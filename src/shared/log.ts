/**
 * What a process tells its maintainers. Fields are public facts: ids, codes, counts, states. Never a PIN, a key, a
 * plaintext byte or an amount of a sealed recipe. `order` is the order id that all three processes share.
 */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A log that adds `fields` to each line. */
  with(fields: LogFields): Log;
}

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A log that says nothing. */
export const silentLog: Log = { info() {}, warn() {}, error() {}, with: () => silentLog };
