import { readSource } from '#recipes/source.ts';
import { fewIngredients, sourceText } from '#tests/support/sealed-drink.ts';
import { bodyCases } from './body-cases.ts';
import { classKeyCases } from './class-key-cases.ts';
import { envelopeCases } from './envelope-cases.ts';
import { type FixedPeople, fixedPeople, judgedAt } from './fixed-people.ts';
import { Forge } from './forge.ts';
import { manifestCases } from './manifest-cases.ts';
import type { MustFailCase } from './must-fail-case.ts';
import { pieceCases } from './piece-cases.ts';
import { countedEntropy, repeatableCrypto } from './repeatable-crypto.ts';

/** Every case, in the order in which a reader would notice. */
export const mustFailCases: readonly MustFailCase[] = [
  ...classKeyCases,
  ...envelopeCases,
  ...manifestCases,
  ...bodyCases,
  ...pieceCases,
];

/** The recipe that all files are made from, the same each time, and its people. */
export async function fixedForge(): Promise<{ readonly forge: Forge; readonly people: FixedPeople }> {
  const people = await fixedPeople();
  const entropy = countedEntropy('must-fail');
  const forge = await Forge.of({
    source: readSource(sourceText),
    ingredients: fewIngredients,
    authorName: 'Ada Author',
    author: people.author,
    classKey: people.classKey.spki,
    now: judgedAt,
    entropy,
    crypto: repeatableCrypto(countedEntropy('must-fail OAEP')),
  });
  return { forge, people };
}

/** The name of a case's file. */
export function fileNameOf({ name, found }: MustFailCase): string {
  return `${name}.${found === 'class-key' ? 'der' : 'tdr'}`;
}

/** What stands in `recipes/must-fail/cases.json`. */
export function indexOf(cases: readonly MustFailCase[]): string {
  const rows = cases.map((one) => {
    const { found, code, why } = one;
    return { file: fileNameOf(one), found: typeof found === 'number' ? `piece ${found}` : found, code, why };
  });
  return `${JSON.stringify(rows, null, 2)}\n`;
}
