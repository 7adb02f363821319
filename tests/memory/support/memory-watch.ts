import { scanMemory } from '#cli/memory/scan-memory.ts';
import { canaryForms, type CanaryForm, formNames } from './canary-forms.ts';
import type { CanaryRecipe } from './canary-recipe.ts';
import { type CanaryValue, canaryValues } from './canary-values.ts';
import { countInFiles } from './folder-search.ts';
import type { MachineConfig } from '#wire/machine-config.ts';

/** A process to be searched for the numbers of a recipe, and folders and files to be searched too. */
export interface Searched {
  readonly pid: number;
  readonly recipe: CanaryRecipe;
  /** Of the machine that pours the recipe. */
  readonly config: MachineConfig;
  readonly files: readonly string[];
}

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

/** What was found in two processes, each of its own recipe. */
export interface Finding {
  readonly one: readonly Found[];
  readonly other: readonly Found[];
  /** Corresponding numbers in both. */
  readonly both: readonly Found[];
  /** Copies of content keys of either recipe in either process. */
  readonly contentKeys: number;
}

/**
 * Two processes of one kind whose machines have recipes of one shape and of different numbers, each the control of the other.
 *
 * Short byte strings turn up by chance: four bytes of which two are those of a small number about once in 100 MB. So a number
 * counts as found only where its process holds it more often than before anything was poured, and more often than the other
 * process, which never heard of it. A leak is the program's doing, so it shows in both; what is found in one alone is chance.
 */
export class MemoryWatch {
  readonly #machines: readonly [Watched, Watched];
  readonly #patterns: readonly Uint8Array[];

  /** Looks at both before anything is poured. */
  constructor(one: Searched, other: Searched) {
    const sought = [soughtOf(one), soughtOf(other)] as const;
    const keys = [...one.recipe.contentKeys, ...other.recipe.contentKeys];
    this.#patterns = [...sought.flat().map(({ bytes }) => bytes), ...keys];
    this.#machines = [new Watched(one, sought[0], 0), new Watched(other, sought[1], sought[0].length)];
    for (const machine of this.#machines) machine.rest = this.#inMemory(machine);
  }

  /** What the two have in memory now. */
  look(): Finding {
    const [one, other] = this.#machines;
    return this.#compared(this.#inMemory(one), this.#inMemory(other), true);
  }

  /** What stands in the files of the two. */
  async lookAtFiles(): Promise<Finding> {
    const [one, other] = this.#machines;
    const counts = await countInFiles(one.searched.files, this.#patterns);
    return this.#compared(counts, await countInFiles(other.searched.files, this.#patterns), false);
  }

  /** What stands in dumps of their memory, taken now, one after the other. */
  async lookAtDumps(dump: (pid: number) => Promise<AsyncDisposable & { readonly file: string }>): Promise<Finding> {
    const counts: (readonly number[])[] = [];
    for (const { searched } of this.#machines) {
      await using dumped = await dump(searched.pid);
      counts.push(await countInFiles([dumped.file], this.#patterns));
    }
    return this.#compared(counts[0] ?? [], counts[1] ?? [], true);
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

  #inMemory({ searched }: Watched): readonly number[] {
    return scanMemory(searched.pid, this.#patterns).copies.map(({ count }) => count);
  }
}

class Watched {
  readonly searched: Searched;
  readonly #sought: readonly Sought[];
  readonly #from: number;
  /** Counts before anything was poured. */
  rest: readonly number[] = [];

  /** Ours begins at place `from` of all counts. */
  constructor(searched: Searched, sought: readonly Sought[], from: number) {
    this.searched = searched;
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

function soughtOf({ recipe, config }: Searched): Sought[] {
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
