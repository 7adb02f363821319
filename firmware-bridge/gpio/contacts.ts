import type { Contact, GuardName, Inputs } from '../dispenser.ts';
import type { GpioInput, GpioLines, GpioPin } from './gpio-lines.ts';
import type { PumpLines } from './pump-outputs.ts';

export type ContactName = Exclude<keyof Inputs, 'empty'>;

/** The lines of the contacts that the machine has. */
export type ContactLines = Readonly<Partial<Record<ContactName, GpioPin>>>;

/** Glass, doors, key, supply and empty bottles, as their lines have them. */
export class Contacts implements Disposable {
  readonly #contacts: ReadonlyMap<ContactName, GpioInput>;
  readonly #levels: readonly { readonly pump: number; readonly input: GpioInput }[];
  readonly #watches: Disposable[] = [];

  /** Claims the inputs and calls `onChange` after each change of one. @throws as `GpioLines` */
  constructor(lines: GpioLines, contacts: ContactLines, pumps: readonly PumpLines[], onChange: () => void) {
    const named = Object.entries(contacts) as [ContactName, GpioPin][];
    this.#contacts = new Map(named.map(([name, pin]) => [name, lines.input(pin)]));
    this.#levels = pumps.flatMap(({ pump, level }) =>
      level === undefined ? [] : [{ pump, input: lines.input(level) }],
    );
    const inputs = [...this.#contacts.values(), ...this.#levels.map(({ input }) => input)];
    for (const input of inputs) this.#watches.push(input.onChange(onChange));
  }

  isFitted(name: ContactName): boolean {
    return this.#contacts.has(name);
  }

  /** Reads them all. @throws Failure `dispenser/failed` */
  read(): Inputs {
    return {
      glass: this.#contact('glass'),
      door: this.#contact('door'),
      tray: this.#contact('tray'),
      supply: this.#contact('supply'),
      serviceKey: this.#contact('serviceKey'),
      empty: this.#levels.reduce((bits, { pump, input }) => (input.isActive() ? bits | (1 << pump) : bits), 0),
    };
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
  }

  #contact(name: ContactName): Contact {
    const input = this.#contacts.get(name);
    if (input === undefined) return 'unfitted';
    return input.isActive() ? 'made' : 'open';
  }
}

const guards: readonly GuardName[] = ['glass', 'door', 'tray'];

/** Whether a contact is open that has to be made. */
export function isAnyOpen(inputs: Inputs, heed: readonly GuardName[] = guards): boolean {
  return heed.some((name) => inputs[name] === 'open');
}

/** Whether two readings say the same. */
export function sameInputs(one: Inputs, other: Inputs): boolean {
  return (Object.keys(one) as (keyof Inputs)[]).every((name) => one[name] === other[name]);
}
