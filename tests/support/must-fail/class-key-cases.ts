import type { FixedPeople } from './fixed-people.ts';
import type { MustFailCase } from './must-fail-case.ts';

function certificate(which: keyof FixedPeople['badClassKeys'], why: string): MustFailCase {
  return {
    name: `class-key-${which}`,
    found: 'class-key',
    code: 'recipe/not-authentic',
    why,
    make: (_, { badClassKeys }) => badClassKeys[which],
  };
}

/** Certificates (DER) of class keys for which no sealer seals. */
export const classKeyCases: readonly MustFailCase[] = [
  certificate(
    'other-root',
    'The certificate leads to another root than the maker’s: whoever owns that could read the recipe.',
  ),
  certificate('wrong-role', 'The certificate is for a deposit key (extended key usage), under the maker’s very root.'),
  certificate('no-epoch', 'The certificate says neither class nor epoch.'),
  certificate('expired', 'The certificate had run out on the day of judgement.'),
  certificate('self-signed', 'The maker’s own root is no class key.'),
];
