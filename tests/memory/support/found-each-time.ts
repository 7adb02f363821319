import type { Found } from './memory-watch.ts';

/**
 * What a search finds with one pair of recipes and again with the next, by name. The numbers of recipes of one shape
 * correspond: one that leaks is found each time, one that stood there by chance is not. A search that finds nothing is not
 * repeated.
 */
export async function foundEachTime<P>(
  pairs: readonly P[],
  search: (pair: P) => Promise<readonly Found[]>,
): Promise<readonly string[]> {
  let names: readonly string[] | null = null;
  for (const pair of pairs) {
    const found = new Set((await search(pair)).map(({ name }) => name));
    names = names === null ? [...found] : names.filter((name) => found.has(name));
    if (names.length === 0) break;
  }
  return names ?? [];
}
