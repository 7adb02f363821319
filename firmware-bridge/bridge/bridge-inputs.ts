import type { Contact, Inputs } from '../dispenser.ts';
import { contact } from './messages.ts';

/** Contacts as the far end tells them. */
export interface FarInputs {
  readonly contacts: number;
  readonly fitted: number;
  readonly empty: number;
}

const unknown: Inputs = {
  glass: 'unfitted',
  door: 'unfitted',
  tray: 'unfitted',
  supply: 'open',
  serviceKey: 'unfitted',
  empty: 0,
};

/** The inputs as last seen, and who wants to know of changes. */
export class BridgeInputs {
  #seen = unknown;
  readonly #listeners = new Set<(inputs: Inputs) => void>();

  get seen(): Inputs {
    return this.#seen;
  }

  /** The far end told these; `supplied`: it was told to switch the supply on. */
  take(far: FarInputs, supplied: boolean): void {
    const told = (bit: number): Contact => {
      if (((far.fitted >> bit) & 1) === 0) return 'unfitted';
      return ((far.contacts >> bit) & 1) === 1 ? 'made' : 'open';
    };
    this.#set({
      glass: told(contact.glass),
      door: told(contact.door),
      tray: told(contact.tray),
      supply: supplied ? told(contact.supply) : 'open',
      serviceKey: told(contact.serviceKey),
      empty: far.empty,
    });
  }

  /** Nothing can be poured: the far end is not there, or its supply is cut. */
  withoutSupply(): void {
    this.#set({ ...this.#seen, supply: 'open' });
  }

  onChange(listener: (inputs: Inputs) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  #set(next: Inputs): void {
    const names = Object.keys(next) as (keyof Inputs)[];
    if (names.every((name) => next[name] === this.#seen[name])) return;
    this.#seen = next;
    for (const listener of this.#listeners) listener(next);
  }
}

/** Inputs as they stand in a payload from byte `at` on. */
export function inputsAt(payload: DataView, at: number): FarInputs {
  return {
    contacts: payload.getUint8(at),
    fitted: payload.getUint8(at + 1),
    empty: payload.getInt32(at + 2, true),
  };
}
