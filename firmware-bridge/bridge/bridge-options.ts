import { Failure } from '#shared/failure.ts';
import { pinFlag } from './messages.ts';

/** A line of the board: `D5` or `A0`, and what counts as active there. */
export interface BridgePin {
  readonly name: string;
  readonly active: 'high' | 'low';
  readonly pull: 'up' | 'down' | 'none';
}

export interface BridgePump {
  /** 0 … 31, as in `PumpLimits`. */
  readonly pump: number;
  readonly pin: BridgePin;
  /** Whether its speed is set, by PWM on `pin`. */
  readonly slowable: boolean;
  /** Active while the pump really has current. */
  readonly sense?: BridgePin | undefined;
  /** Active while its bottle is empty. */
  readonly level?: BridgePin | undefined;
  /** The flow meter in its line. */
  readonly meter?: BridgePin | undefined;
}

/** Contacts that are active while all is well; one that is not named is not fitted. */
export interface BridgeContacts {
  readonly glass?: BridgePin | undefined;
  readonly door?: BridgePin | undefined;
  readonly tray?: BridgePin | undefined;
  readonly supply?: BridgePin | undefined;
  readonly serviceKey?: BridgePin | undefined;
}

export interface BridgeScale {
  readonly data: BridgePin;
  readonly clock: BridgePin;
  /** Change of the reading for one gram more, not 0. */
  readonly countsPerG: number;
  readonly perSecond: 10 | 80;
}

/** What hangs on the board, and where the board is. */
export interface BridgeOptions {
  /** The serial port, best one of /dev/serial/by-id: its name outlives a replug. */
  readonly port: string;
  readonly baud: number;
  readonly pumps: readonly BridgePump[];
  /** Switches the supply of all pumps. */
  readonly supply?: BridgePin | undefined;
  readonly contacts: BridgeContacts;
  readonly scale?: BridgeScale | undefined;
}

/** Analogue inputs are counted on behind the digital pins of an ATmega328P board. */
const firstAnalogue = 14;

/**
 * The number of a pin on the wire: `Dn` is n, `An` is 14 + n.
 * @throws Failure `dispenser/pin-refused` {pin}
 */
export function pinNumber({ name }: BridgePin): number {
  const [, bank, digits] = /^([DA])([0-9]{1,3})$/.exec(name) ?? [];
  const number = Number(digits) + (bank === 'A' ? firstAnalogue : 0);
  if (bank === undefined || number >= 0xff) throw new Failure('dispenser/pin-refused', { pin: name });
  return number;
}

/** Flags of an output. */
export function outputFlags(pin: BridgePin, slowable = false): number {
  return (pin.active === 'low' ? pinFlag.activeLow : 0) | (slowable ? pinFlag.pwm : 0);
}

/** Flags of an input. @throws Failure `dispenser/pin-refused` for a pull-down, which such boards have not */
export function inputFlags(pin: BridgePin): number {
  if (pin.pull === 'down') throw new Failure('dispenser/pin-refused', { pin: pin.name });
  return (pin.active === 'low' ? pinFlag.activeLow : 0) | (pin.pull === 'up' ? pinFlag.pullUp : 0);
}
