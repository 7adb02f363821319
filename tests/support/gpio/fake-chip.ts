import type { GpioInput, GpioLines, GpioOutput, GpioPin } from '#firmware-bridge/gpio/gpio-lines.ts';
import { lineTrouble } from '#firmware-bridge/gpio/line-trouble.ts';

type Level = 0 | 1;

const count = 32;

/** A GPIO chip that exists only here, with the world around its pins. */
export class FakeChip {
  readonly label = 'fake-chip';
  /** What was driven on each line since the chip began, in order. */
  readonly driven: readonly Level[][] = Array.from({ length: count }, () => []);
  /** Lines that another program has. */
  readonly taken = new Set<number>();
  /** Lines whose writes the kernel refuses. */
  readonly broken = new Set<number>();
  readonly #levels: Level[] = Array.from({ length: count }, () => 0);
  readonly #welded = new Map<number, Level>();
  readonly #listeners = new Map<number, Set<() => void>>();

  /** The level at a pin. */
  level(offset: number): Level {
    return this.#welded.get(offset) ?? this.#levels[offset] ?? 0;
  }

  /** Somebody outside pulls the line. */
  pull(offset: number, level: Level): void {
    if (this.#levels[offset] === level) return;
    this.#levels[offset] = level;
    for (const listener of this.#listeners.get(offset) ?? []) listener();
  }

  /** The pin stays at `level` from now on, whatever is written; null heals it. */
  weld(offset: number, level: Level | null): void {
    if (level === null) this.#welded.delete(offset);
    else this.#welded.set(offset, level);
  }

  open(): GpioLines {
    const outputs: GpioOutput[] = [];
    return {
      chip: this.label,
      output: (pin) => {
        this.#claim(pin);
        const output = this.#output(pin);
        outputs.push(output);
        return output;
      },
      input: (pin) => {
        this.#claim(pin);
        return this.#input(pin);
      },
      [Symbol.dispose]: () => {
        for (const output of outputs) output.write(false);
      },
    };
  }

  #claim({ offset }: GpioPin): void {
    if (offset >= count) throw lineTrouble('EINVAL', offset, this.label);
    if (this.taken.has(offset)) throw lineTrouble('EBUSY', offset, this.label, 'another');
  }

  #output(pin: GpioPin): GpioOutput {
    const write = (active: boolean): void => {
      if (this.broken.has(pin.offset)) throw lineTrouble('EIO', pin.offset, this.label);
      const level = levelOf(pin, active);
      this.driven[pin.offset]?.push(level);
      this.#levels[pin.offset] = level;
    };
    write(false);
    return { write, isActive: () => this.level(pin.offset) === levelOf(pin, true) };
  }

  #input(pin: GpioPin): GpioInput {
    const isActive = (): boolean => this.level(pin.offset) === levelOf(pin, true);
    const listeners = this.#listeners.get(pin.offset) ?? new Set();
    this.#listeners.set(pin.offset, listeners);
    return {
      isActive,
      onChange: (listener) => {
        const own = (): void => listener(isActive());
        listeners.add(own);
        return { [Symbol.dispose]: () => listeners.delete(own) };
      },
    };
  }
}

function levelOf({ active }: GpioPin, isActive: boolean): Level {
  return isActive === (active === 'high') ? 1 : 0;
}
