import { Failure } from '#shared/failure.ts';
import type { GpioInput, GpioLines, GpioOutput, GpioPin } from './gpio-lines.ts';

/** A pump of the machine and its lines. */
export interface PumpLines {
  readonly pump: number;
  readonly pin: GpioPin;
  /** Active while the pump has current. */
  readonly sense?: GpioPin;
  /** Active while the bottle is empty. */
  readonly level?: GpioPin;
}

interface PumpOutput {
  readonly pump: number;
  readonly output: GpioOutput;
  readonly sense: GpioInput | null;
}

/** The outputs of all pumps, and what is sensed of their current. */
export class PumpOutputs {
  readonly #pumps: readonly PumpOutput[];

  /** Claims every output, inactive. @throws as `GpioLines` */
  constructor(lines: GpioLines, pumps: readonly PumpLines[]) {
    const outputs = pumps.map(({ pump, pin }) => ({ pump, output: lines.output(pin) }));
    // senses after all outputs: nothing may keep a relay waiting for its safe level
    this.#pumps = outputs.map((each, i) => {
      const sense = pumps[i]?.sense;
      return { ...each, sense: sense === undefined ? null : lines.input(sense) };
    });
  }

  get sensed(): boolean {
    return this.#pumps.some(({ sense }) => sense !== null);
  }

  has(pump: number): boolean {
    return this.#pumps.some((each) => each.pump === pump);
  }

  /** @throws Failure `dispenser/failed` */
  write(pump: number, active: boolean): void {
    this.#find(pump).output.write(active);
  }

  /** Whether the pump's pin has what was written. */
  follows(pump: number, active: boolean): boolean {
    return this.#find(pump).output.isActive() === active;
  }

  /** Tries to switch every output off, whatever some of them say. @throws what the first said */
  allOff(): void {
    const troubles: unknown[] = [];
    for (const { output } of this.#pumps) {
      try {
        output.write(false);
      } catch (error) {
        troubles.push(error);
      }
    }
    if (troubles.length > 0) throw troubles[0];
  }

  /** Bit n: the pin of pump n is active, or its pump has current. */
  readBack(): number {
    let bits = 0;
    for (const { pump, output, sense } of this.#pumps) {
      if (output.isActive() || sense?.isActive() === true) bits |= 1 << pump;
    }
    return bits;
  }

  /** Bit n: pump n has current though its pin is inactive. */
  runaways(): number {
    let bits = 0;
    for (const { pump, output, sense } of this.#pumps) {
      if (sense?.isActive() === true && !output.isActive()) bits |= 1 << pump;
    }
    return bits;
  }

  #find(pump: number): PumpOutput {
    const found = this.#pumps.find((each) => each.pump === pump);
    if (found === undefined) throw new Failure('dispenser/unknown-pump', { pump });
    return found;
  }
}
