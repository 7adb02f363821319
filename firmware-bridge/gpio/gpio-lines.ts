/** One line of a chip and what counts as active on it. */
export interface GpioPin {
  /** Its place on the chip, from 0 on. */
  readonly offset: number;
  readonly active: 'high' | 'low';
  /** Of inputs. */
  readonly pull: 'up' | 'down' | 'none';
}

/**
 * The lines of one GPIO chip. All of it acts at once and waits for nothing longer than a system call.
 * @throws Failure `dispenser/line-taken` when something else has the line, `dispenser/failed` for whatever else the kernel says
 */
export interface GpioLines extends Disposable {
  /** The chip's label. */
  readonly chip: string;
  /** Claims a line and drives it inactive: from the first moment that it is driven it is driven inactive. */
  output(pin: GpioPin): GpioOutput;
  /** Claims a line as an input. */
  input(pin: GpioPin): GpioInput;
  /** Drives every output inactive and lets go of all lines as far as that leaves no output floating. */
  [Symbol.dispose](): void;
}

export interface GpioOutput {
  write(active: boolean): void;
  /** As the pin has it, not as it was written. */
  isActive(): boolean;
}

export interface GpioInput {
  isActive(): boolean;
  /** Calls `listener` soon after each change (within 10 ms), with what the line is then. */
  onChange(listener: (active: boolean) => void): Disposable;
}
