import { Failure } from '#shared/failure.ts';
import type { ContactLines, ContactName } from './contacts.ts';
import type { GpioPin } from './gpio-lines.ts';
import type { PumpLines } from './pump-outputs.ts';

/** A line of this computer as the configuration names it: `gpio.14`, and what counts as active there. */
export interface NamedLine extends Omit<GpioPin, 'offset'> {
  readonly name: string;
}

export interface GpioPump {
  /** 0 … 31, as in `PumpLimits`. */
  readonly pump: number;
  readonly pin: NamedLine;
  /** Active while the pump really has current. */
  readonly sense?: NamedLine | undefined;
  /** Active while its bottle is empty. */
  readonly level?: NamedLine | undefined;
}

/** What hangs on this computer. */
export interface GpioOptions {
  readonly driver: 'gpio' | 'gpio-cdev';
  /** Label of the chip; that of a Raspberry Pi unless given. */
  readonly chip?: string | undefined;
  readonly pumps: readonly GpioPump[];
  /** Contacts that are active while all is well; one that is not named is not fitted. */
  readonly contacts: Readonly<Partial<Record<ContactName, NamedLine | undefined>>>;
  /** Switches the supply of all pumps. */
  readonly supply?: NamedLine | undefined;
  /** Device of the hardware watchdog; null for none. */
  readonly watchdog: string | null;
}

/** @throws Failure `dispenser/failed` {line} for a name that no chip of this computer knows */
export function gpioPin({ name, active, pull }: NamedLine): GpioPin {
  const [, offset] = /^gpio\.(\d{1,3})$/.exec(name) ?? [];
  if (offset === undefined) throw new Failure('dispenser/failed', { line: name, reason: 'no line of this computer' });
  return { offset: Number(offset), active, pull };
}

/** The lines of the pumps, by their offsets. @throws as `gpioPin` */
export function pumpLines(pumps: readonly GpioPump[]): PumpLines[] {
  return pumps.map(({ pump, pin, sense, level }) => ({
    pump,
    pin: gpioPin(pin),
    ...(sense === undefined ? {} : { sense: gpioPin(sense) }),
    ...(level === undefined ? {} : { level: gpioPin(level) }),
  }));
}

/** The lines of the contacts that are fitted. @throws as `gpioPin` */
export function contactLines(contacts: GpioOptions['contacts']): ContactLines {
  const named = Object.entries(contacts).filter((each): each is [ContactName, NamedLine] => each[1] !== undefined);
  return Object.fromEntries(named.map(([name, line]) => [name, gpioPin(line)]));
}
