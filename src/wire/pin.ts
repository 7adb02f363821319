/** An electrical line: which, and what counts as active. */
export interface Pin {
  /** `gpio.14` on this computer, `D5` or `A0` on a microcontroller. */
  readonly name: string;
  /** The level that means on, or made. */
  readonly active: 'high' | 'low';
  /** Of inputs: the resistor that holds the line when nothing else does. */
  readonly pull: 'up' | 'down' | 'none';
}

/** `NAME[:high|:low][:pu|:pd]`; high without pull unless said. */
export const pinPattern = /^([A-Za-z]+(?:\.?[0-9]{1,3}))(?::(high|low))?(?::(pu|pd))?$/;

/** @throws RangeError for what `pinPattern` does not match (a bug: configuration is checked when it is loaded). */
export function parsePin(text: string): Pin {
  const [, name, active = 'high', pull] = pinPattern.exec(text) ?? [];
  if (name === undefined) throw new RangeError(`no pin: ${text}`);
  return {
    name,
    active: active === 'low' ? 'low' : 'high',
    pull: pull === 'pu' ? 'up' : pull === 'pd' ? 'down' : 'none',
  };
}
