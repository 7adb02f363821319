import { readdirSync } from 'node:fs';
import type { Clock } from '#shared/clock.ts';
import { milliseconds } from '#shared/units.ts';
import { chipInfo, eventSize, LineValue, lineInfo, lineRequest, request } from './character-device.ts';
import type { GpioInput, GpioLines, GpioOutput, GpioPin } from './gpio-lines.ts';
import { lineTrouble } from './line-trouble.ts';
import { type Bytes, readWrite, systemCalls } from './system-calls.ts';
import { tellChanges } from './tell-changes.ts';

export interface CdevChip {
  readonly label: string;
  readonly path: string;
}

/** Between two looks for edges; the kernel keeps those that fall between. */
const lookEvery = milliseconds(5);

/** The GPIO chips of this computer that this process may open. */
export function cdevChips(folder = '/dev'): CdevChip[] {
  const { open, close, ioctl } = systemCalls();
  const names = readdirSync(folder).filter((name) => /^gpiochip\d+$/.test(name));
  return names.sort().flatMap((name) => {
    const path = `${folder}/${name}`;
    const descriptor = open(path, readWrite);
    if (descriptor === -1) return [];
    const info = chipInfo.make();
    const answer = ioctl(descriptor, request.chipInfo, info);
    close(descriptor);
    return answer === -1 ? [] : [{ label: chipInfo.label(info), path }];
  });
}

/**
 * The lines of a chip by the character device. The kernel lets nobody else have them, and takes them back when this process ends:
 * then they fall to their pulls, on boards whose driver does that.
 */
export function cdevLines(chip: CdevChip, clock: Clock): GpioLines {
  return new CdevLines(chip, clock);
}

class CdevLines implements GpioLines {
  readonly chip: string;
  readonly #clock: Clock;
  readonly #descriptor: number;
  readonly #outputs: GpioOutput[] = [];
  readonly #lines: number[] = [];
  readonly #watched = new Map<number, () => void>();
  readonly #events = new Uint8Array(new ArrayBuffer(16 * eventSize));
  #polled: Bytes = new Uint8Array(new ArrayBuffer(0));
  #timer: Disposable | null = null;

  constructor({ label, path }: CdevChip, clock: Clock) {
    this.chip = label;
    this.#clock = clock;
    this.#descriptor = systemCalls().open(path, readWrite);
    if (this.#descriptor === -1) throw lineTrouble(systemCalls().errno(), 0, label);
  }

  output(pin: GpioPin): GpioOutput {
    const line = this.#claim(pin, 'output');
    const { ioctl } = systemCalls();
    const value = new LineValue();
    const output: GpioOutput = {
      write: (active) => {
        value.isActive = active;
        if (ioctl(line, request.setValues, value.bytes) === -1)
          throw lineTrouble(systemCalls().errno(), pin.offset, this.chip);
      },
      isActive: () => this.#isActive(line, pin),
    };
    this.#outputs.push(output);
    return output;
  }

  input(pin: GpioPin): GpioInput {
    const line = this.#claim(pin, 'input');
    const isActive = (): boolean => this.#isActive(line, pin);
    return {
      isActive,
      onChange: (listener) => {
        this.#watch(line, tellChanges(isActive, listener));
        return { [Symbol.dispose]: () => this.#unwatch(line) };
      },
    };
  }

  [Symbol.dispose](): void {
    for (const output of this.#outputs) output.write(false);
    this.#timer?.[Symbol.dispose]();
    this.#watched.clear();
    const { close } = systemCalls();
    for (const descriptor of [...this.#lines, this.#descriptor]) close(descriptor);
  }

  #claim(pin: GpioPin, way: 'input' | 'output'): number {
    const { ioctl } = systemCalls();
    const asked = lineRequest.of(pin, way);
    if (ioctl(this.#descriptor, request.getLine, asked) === -1) {
      const code = systemCalls().errno();
      throw lineTrouble(code, pin.offset, this.chip, code === 'EBUSY' ? this.#ownerOf(pin) : '');
    }
    const line = lineRequest.descriptor(asked);
    this.#lines.push(line);
    return line;
  }

  #ownerOf({ offset }: GpioPin): string {
    const info = lineInfo.of(offset);
    return systemCalls().ioctl(this.#descriptor, request.lineInfo, info) === -1 ? '' : lineInfo.consumer(info);
  }

  #isActive(line: number, { offset }: GpioPin): boolean {
    const value = new LineValue();
    if (systemCalls().ioctl(line, request.getValues, value.bytes) === -1)
      throw lineTrouble(systemCalls().errno(), offset, this.chip);
    return value.isActive;
  }

  #watch(line: number, look: () => void): void {
    this.#watched.set(line, look);
    this.#fillPolled();
    this.#timer ??= this.#clock.after(lookEvery, () => this.#lookForEdges());
  }

  #unwatch(line: number): void {
    this.#watched.delete(line);
    this.#fillPolled();
  }

  /** An array of struct pollfd. */
  #fillPolled(): void {
    this.#polled = new Uint8Array(new ArrayBuffer(this.#watched.size * 8));
    const view = new DataView(this.#polled.buffer);
    for (const [i, line] of [...this.#watched.keys()].entries()) {
      view.setInt32(i * 8, line, true);
      view.setUint16(i * 8 + 4, pollIn, true);
    }
  }

  /** Not by a read that waits: it would hold one of the few threads that Node has for files. */
  #lookForEdges(): void {
    this.#timer = null;
    if (this.#watched.size === 0) return;
    const { poll, read } = systemCalls();
    this.#timer = this.#clock.after(lookEvery, () => this.#lookForEdges());
    if (poll(this.#polled, this.#watched.size, 0) <= 0) return;
    const view = new DataView(this.#polled.buffer);
    for (const [i, [line, look]] of [...this.#watched].entries()) {
      if ((view.getUint16(i * 8 + 6, true) & pollIn) === 0) continue;
      read(line, this.#events, this.#events.length);
      look();
    }
  }
}

const pollIn = 1;
