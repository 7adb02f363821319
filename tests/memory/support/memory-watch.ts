import { scanMemory } from '#cli/memory/scan-memory.ts';
import { canaryForms, type CanaryForm, formNames } from './canary-forms.ts';
import type { CanaryMachine } from './canary-machine.ts';
import { type CanaryValue, canaryValues } from './canary-values.ts';
import { countInFiles } from './folder-search.ts';

/** A byte string that is searched for. */
interface Sought {
  /** The same for the corresponding number of another recipe of the same shape. */
  readonly name: string;
  readonly piece: number;
  readonly what: CanaryValue['what'];
  readonly form: CanaryForm;
  readonly bytes: Uint8Array;
}

/** A number of a cell's recipe that is where it should not be. */
export type Found = Omit<Sought, 'bytes'>;

/** What was found in two machines, each of its own recipe. */
export interface Finding {
  readonly one: readonly Found[];
  readonly other: readonly Found[];
  /** Corresponding numbers in both. */
  readonly both: readonly Found[];
  /** Copies of content keys of either recipe in either machine. */
  readonly contentKeys: number;
}

/**
 * Two machines with recipes of one shape and of different numbers, each the control of the other.
 *
 * Short byte strings turn up by chance: four bytes of which two are those of a small number about once in 100 MB. So a number
 * counts as found only where its machine holds it more often than before anything was poured, and more often than the other
 * machine, which never heard of it. A leak is the program's doing, so it shows in both; what is found in one alone is chance.
 */
export class MemoryWatch {
  readonly #machines: readonly [Watched, Watched];
  readonly #patterns: readonly Uint8Array[];

  /** Looks at both before anything is poured. */
  constructor(one: CanaryMachine, other: CanaryMachine) {
    const sought = [soughtOf(one), soughtOf(other)] as const;
    const keys = [...one.recipe.contentKeys, ...other.recipe.contentKeys];
    this.#patterns = [...sought.flat().map(({ bytes }) => bytes), ...keys];
    this.#machines = [new Watched(one, sought[0], 0), new Watched(other, sought[1], sought[0].length)];
    for (const machine of this.#machines) machine.rest = this.#inMemory(machine);
  }

  /** What the cells have in memory now. */
  look(): Finding {
    const [one, other] = this.#machines;
    return this.#compared(this.#inMemory(one), this.#inMemory(other), true);
  }

  /** What stands in the machines' own folders, and in their logs. */
  async lookAtFiles(): Promise<Finding> {
    const [one, other] = await Promise.all(this.#machines.map(({ machine }) => this.#inFiles(machine)));
    return this.#compared(one ?? [], other ?? [], false);
  }

  #compared(ofOne: readonly number[], ofOther: readonly number[], sinceRest: boolean): Finding {
    const [mine, theirs] = this.#machines;
    const one = mine.excess(ofOne, ofOther, sinceRest);
    const other = theirs.excess(ofOther, ofOne, sinceRest);
    const keys = -4;
    return {
      one,
      other,
      both: one.filter(({ name }) => other.some((found) => found.name === name)),
      contentKeys: [...ofOne.slice(keys), ...ofOther.slice(keys)].reduce((sum, count) => sum + count, 0),
    };
  }

  #inMemory({ machine }: Watched): readonly number[] {
    return scanMemory(machine.pid, this.#patterns).copies.map(({ count }) => count);
  }

  async #inFiles({ place }: CanaryMachine): Promise<readonly number[]> {
    const [state, logs] = [place.machine, place.logs].map((folder) => countInFiles(folder, this.#patterns));
    const inLogs = (await logs) ?? [];
    return ((await state) ?? []).map((count, i) => count + (inLogs[i] ?? 0));
  }
}

class Watched {
  readonly machine: CanaryMachine;
  readonly #sought: readonly Sought[];
  readonly #from: number;
  /** Counts before anything was poured. */
  rest: readonly number[] = [];

  /** Ours begins at place `from` of all counts. */
  constructor(machine: CanaryMachine, sought: readonly Sought[], from: number) {
    this.machine = machine;
    this.#sought = sought;
    this.#from = from;
  }

  /** What of our own is here more often than there, and than at rest. */
  excess(here: readonly number[], there: readonly number[], sinceRest: boolean): Found[] {
    return this.#sought.flatMap(({ bytes: _bytes, ...found }, i) => {
      const at = this.#from + i;
      const chance = Math.max(there[at] ?? 0, sinceRest ? (this.rest[at] ?? 0) : 0);
      return (here[at] ?? 0) > chance ? [found] : [];
    });
  }
}

function soughtOf({ recipe, config }: CanaryMachine): Sought[] {
  return canaryValues(recipe.phases, config).flatMap(({ piece, what, value }, i) =>
    formNames.map((form) => ({
      name: `piece ${piece}, number ${i} (${what}), as ${form}`,
      piece,
      what,
      form,
      bytes: canaryForms[form](value),
    })),
  );
}
