import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Level = 0 | 1;

const config = '/sys/kernel/config/gpio-sim';
const tracing = '/sys/kernel/tracing';

/** One chip of the kernel's gpio-sim, and what the kernel says it did with its lines. */
export class SimChip {
  static #made = 0;
  readonly label: string;
  readonly #lines: string;

  constructor(count: number) {
    SimChip.#made += 1;
    const name = `bench-${SimChip.#made}`;
    this.label = name;
    const bank = join(config, name, 'bank0');
    mkdirSync(join(config, name));
    mkdirSync(bank);
    writeFileSync(join(bank, 'num_lines'), String(count));
    writeFileSync(join(bank, 'label'), name);
    writeFileSync(join(config, name, 'live'), '1');
    const device = readFileSync(join(config, name, 'dev_name'), 'utf8').trim();
    const chip = readFileSync(join(bank, 'chip_name'), 'utf8').trim();
    this.#lines = `/sys/devices/platform/${device}/${chip}`;
  }

  level(offset: number): Level {
    return readFileSync(join(this.#lines, `sim_gpio${offset}`, 'value'), 'utf8').trim() === '1' ? 1 : 0;
  }

  pull(offset: number, level: Level): void {
    writeFileSync(join(this.#lines, `sim_gpio${offset}`, 'pull'), level === 1 ? 'pull-up' : 'pull-down');
  }
}

/** A level that the kernel drove on a line, by the line's number in the whole kernel. */
export interface Driven {
  readonly line: number;
  readonly level: Level;
  /** Time of the kernel's monotonic clock, µs. */
  readonly at: number;
}

/** Lets the kernel write down every level that it drives from now on. */
export function watchKernel(): void {
  writeFileSync(join(tracing, 'trace_clock'), 'mono');
  writeFileSync(join(tracing, 'events', 'gpio', 'gpio_value', 'filter'), 'get == 0');
  writeFileSync(join(tracing, 'events', 'gpio', 'gpio_value', 'enable'), '1');
  forgetDriven();
}

export function forgetDriven(): void {
  writeFileSync(join(tracing, 'trace'), '');
}

/** Everything that the kernel wrote down since. */
export function driven(): readonly Driven[] {
  const text = readFileSync(join(tracing, 'trace'), 'utf8');
  return [...text.matchAll(/ (\d+)\.(\d{6}): gpio_value: (\d+) set ([01])$/gm)].map(([, s, us, line, level]) => ({
    line: Number(line),
    level: level === '1' ? 1 : 0,
    at: Number(s) * 1_000_000 + Number(us),
  }));
}
