import { readdirSync, readFileSync } from 'node:fs';

/**
 * The inputs kept in `corpus/NAME/`: valid seeds, and whatever once was neither taken nor refused as it should be (`found-…`).
 */
export function corpusOf(name: string): { readonly file: string; readonly bytes: Uint8Array }[] {
  const folder = new URL(`corpus/${name}/`, import.meta.url);
  return readdirSync(folder)
    .sort()
    .map((file) => ({ file: `${name}/${file}`, bytes: new Uint8Array(readFileSync(new URL(file, folder))) }));
}

export const seedsOf = (name: string): Uint8Array[] => corpusOf(name).map(({ bytes }) => bytes);
