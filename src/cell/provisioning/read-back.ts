import type { TokenObject } from '#hsm/token-objects.ts';
import { Failure } from '#shared/failure.ts';

type Kind = NonNullable<TokenObject['kind']>;

/** One thing that is wrong with a token. */
export type TokenFinding =
  | { readonly t: 'unknown'; readonly object: string }
  /** A class key that the machine does not know of, or a transport key outside the ceremony. */
  | { readonly t: 'left-over'; readonly object: string }
  | { readonly t: 'twice'; readonly object: string }
  | {
      readonly t: 'differs';
      readonly object: string;
      readonly attribute: string;
      readonly expected: string;
      readonly found: string;
    }
  | { readonly t: 'missing'; readonly object: string };

/** What a machine in service must find in its token. */
export interface ExpectedObjects {
  /** Kinds of which there is exactly one, or at least one for class keys. */
  readonly kinds: readonly Kind[];
  /** Labels of the class keys that the machine knows of. */
  readonly classKeys: readonly string[];
  /** Whether TRANSPORT_REQ is out, so that a transport key may lie there. */
  readonly transport: boolean;
}

/** Everything that is wrong, each object and attribute by its name. */
export function tokenFindings(objects: readonly TokenObject[], expected: ExpectedObjects): TokenFinding[] {
  const findings = objects.flatMap((object) => findingsOf(object, expected));
  const names = objects.map(nameOf);
  const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  const missing = [
    ...expected.kinds.filter((kind) => !objects.some((object) => object.kind === kind)),
    ...expected.classKeys.filter((label) => !objects.some((object) => object.label === label)),
  ];
  return [
    ...findings,
    ...[...twice].map((object) => ({ t: 'twice', object }) as const),
    ...missing.map((object) => ({ t: 'missing', object }) as const),
  ];
}

function findingsOf(object: TokenObject, { classKeys, transport }: ExpectedObjects): TokenFinding[] {
  const name = nameOf(object);
  if (object.kind === null) return [{ t: 'unknown', object: name }];
  const leftOver =
    (object.kind === 'class key' && !classKeys.includes(object.label)) ||
    (object.kind === 'transport key' && !transport);
  return [
    ...(leftOver ? [{ t: 'left-over', object: name } as const] : []),
    ...object.deviations.map((deviation) => ({ t: 'differs', object: name, ...deviation }) as const),
  ];
}

const nameOf = ({ objectClass, label }: TokenObject): string => `${objectClass} ${label === '' ? '(no label)' : label}`;

/**
 * Nothing wrong with the objects of these kinds; with `classKeys` given, nothing wrong with the whole token.
 * @throws Failure `provision/token-differs`, `provision/object-unknown`, `token/key-missing`, each for the first finding
 */
export function requireInOrder(
  objects: readonly TokenObject[],
  kinds: readonly Kind[],
  classKeys: readonly string[] | null = null,
): void {
  const looked = classKeys === null ? objects.filter(({ kind }) => kind !== null && kinds.includes(kind)) : objects;
  const labels = classKeys ?? looked.map(({ label }) => label);
  const [first] = tokenFindings(looked, { kinds, classKeys: labels.filter(isClassKey), transport: classKeys === null });
  if (first !== undefined) throw failureOf(first);
}

const isClassKey = (label: string): boolean => label.startsWith('class-');

/** @throws Failure `provision/object-unknown` for a token that somebody has used before */
export function requireEmpty(objects: readonly TokenObject[]): void {
  const [first] = objects;
  if (first !== undefined) throw new Failure('provision/object-unknown', { object: nameOf(first) });
}

function failureOf(finding: TokenFinding): Failure {
  switch (finding.t) {
    case 'differs': {
      const { object, attribute, expected, found } = finding;
      return new Failure('provision/token-differs', { object, attribute, expected, found });
    }
    case 'missing':
      return new Failure('token/key-missing', { label: finding.object });
    case 'twice':
    case 'left-over':
    case 'unknown':
      return new Failure('provision/object-unknown', { object: finding.object });
  }
}
