import pkcs11 from 'pkcs11js';
import type { Handle } from './cryptoki.ts';
import { type Deviation, deviations, findAll, readAttribute, readAttributeOrNull } from './key-objects.ts';
import { type KeyTemplate, keyTemplates } from './key-templates.ts';
import type { Login } from './login.ts';

/** A kind of key that a machine's token may hold: which objects it is, and what they may do. */
export interface ObjectKind {
  readonly name: 'identity' | 'class key' | 'prekey' | 'transport key' | 'state key';
  readonly objectClass: number;
  readonly label: RegExp;
  readonly keyType: number;
  readonly template: KeyTemplate;
  /** Whether it was made inside this token: a key that was brought in with the right attributes has a second owner. */
  readonly madeHere: boolean;
}

const rsaPrivate = { objectClass: pkcs11.CKO_PRIVATE_KEY, keyType: pkcs11.CKK_RSA, madeHere: true } as const;

/** The table "Token objects" of licence.md for a machine. Whatever else lies in its token has no business there. */
export const machineObjects: readonly ObjectKind[] = [
  { name: 'identity', ...rsaPrivate, label: /^identity$/, template: keyTemplates.rsaSigning },
  {
    name: 'class key',
    ...rsaPrivate,
    label: /^class-[a-z0-9][a-z0-9-]{0,62}-[1-9]\d{0,8}$/,
    template: keyTemplates.unwrap,
    madeHere: false,
  },
  { name: 'prekey', ...rsaPrivate, label: /^prekey-[0-9a-f]{16}$/, template: keyTemplates.unwrap },
  // lives from TRANSPORT_REQ to CLASS_KEY; found at any other time it is left over
  { name: 'transport key', ...rsaPrivate, label: /^transport$/, template: keyTemplates.unwrap },
  {
    name: 'state key',
    objectClass: pkcs11.CKO_SECRET_KEY,
    keyType: pkcs11.CKK_AES,
    label: /^state$/,
    template: keyTemplates.state,
    madeHere: true,
  },
];

/** What a token says of a key that it made itself and that could never leave it (PKCS#11 v2.40 §4.9). */
const ofOwnMaking = [pkcs11.CKA_LOCAL, pkcs11.CKA_ALWAYS_SENSITIVE, pkcs11.CKA_NEVER_EXTRACTABLE];

/** One attribute in words: `CKA_DECRYPT` should be `false` and is `true`. */
export interface AttributeDeviation {
  readonly attribute: string;
  readonly expected: string;
  readonly found: string;
}

/** One object of the token as it was read back. */
export interface TokenObject {
  /** `private`, `secret`, `public`, `certificate`, `data`, or `class 0x…`. */
  readonly objectClass: string;
  readonly label: string;
  /** What the table knows it as; null for what has no business in the token. */
  readonly kind: ObjectKind['name'] | null;
  readonly deviations: readonly AttributeDeviation[];
}

/** Reads every object of the token back, attribute by attribute, and holds it against `table`; sorted by label. */
export function readTokenObjects(login: Login, table: readonly ObjectKind[] = machineObjects): TokenObject[] {
  const all = findAll(login, login.session, [{ type: pkcs11.CKA_TOKEN, value: true }]);
  return all
    .map((handle) => describe(login, handle, table))
    .sort((a, b) => `${a.label} ${a.objectClass}`.localeCompare(`${b.label} ${b.objectClass}`, 'en'));
}

function describe(login: Login, handle: Handle, table: readonly ObjectKind[]): TokenObject {
  const objectClass = readAttribute(login, handle, pkcs11.CKA_CLASS).readUInt32LE();
  const label = (readAttributeOrNull(login, handle, pkcs11.CKA_LABEL) ?? Buffer.alloc(0)).toString('latin1');
  const kind = table.find((one) => one.objectClass === objectClass && one.label.test(label)) ?? null;
  return {
    objectClass: objectClasses.get(objectClass) ?? `class 0x${objectClass.toString(16)}`,
    label,
    kind: kind?.name ?? null,
    deviations: kind === null ? [] : [...deviationsFrom(login, handle, kind)].map(inWords),
  };
}

/** Length of a machine's AES keys, bytes. */
const aesBytes = 32;
/** The shortest modulus of a machine's RSA keys, bits. */
const leastModulus = 2048;

function* deviationsFrom(login: Login, handle: Handle, kind: ObjectKind): Generator<Deviation> {
  const keyType = readAttribute(login, handle, pkcs11.CKA_KEY_TYPE);
  if (keyType.readUInt32LE() !== kind.keyType) {
    const expected = Buffer.alloc(8);
    expected.writeUInt32LE(kind.keyType);
    yield { attribute: pkcs11.CKA_KEY_TYPE, expected, found: keyType };
    return;
  }
  if (kind.keyType === pkcs11.CKK_RSA) {
    const modulus = readAttribute(login, handle, pkcs11.CKA_MODULUS);
    if (modulus.length * 8 < leastModulus) {
      yield { attribute: pkcs11.CKA_MODULUS, expected: Buffer.alloc(leastModulus / 8), found: modulus };
    }
  }
  if (kind.keyType === pkcs11.CKK_AES) yield* otherLength(login, handle);
  yield* deviations(login, handle, kind.template);
  if (kind.madeHere && login.cryptoki.quirks.tellsOrigin) yield* foreignMaking(login, handle);
}

function* otherLength(login: Login, handle: Handle): Generator<Deviation> {
  const found = readAttributeOrNull(login, handle, pkcs11.CKA_VALUE_LEN);
  if (found?.readUInt32LE() === aesBytes) return;
  const expected = Buffer.alloc(8);
  expected.writeUInt32LE(aesBytes);
  yield { attribute: pkcs11.CKA_VALUE_LEN, expected, found };
}

function* foreignMaking(login: Login, handle: Handle): Generator<Deviation> {
  for (const attribute of ofOwnMaking) {
    const found = readAttributeOrNull(login, handle, attribute);
    if (found?.[0] !== 1) yield { attribute, expected: Buffer.of(1), found };
  }
}

function inWords({ attribute, expected, found }: Deviation): AttributeDeviation {
  return {
    attribute: attributeNames.get(attribute) ?? `CKA_0x${attribute.toString(16)}`,
    expected: valueInWords(attribute, expected),
    found: found === null ? 'none' : valueInWords(attribute, found),
  };
}

function valueInWords(attribute: number, value: Buffer): string {
  switch (attribute) {
    case pkcs11.CKA_ALLOWED_MECHANISMS:
      return listInWords(value);
    case pkcs11.CKA_UNWRAP_TEMPLATE:
      return [...value].map((byte) => (byte === 1 ? 'true' : 'false')).join(' ');
    case pkcs11.CKA_MODULUS:
      return `${value.length * 8} bits`;
    case pkcs11.CKA_VALUE_LEN:
      return `${value.readUInt32LE()} bytes`;
    case pkcs11.CKA_KEY_TYPE:
      return `0x${value.readUInt32LE().toString(16)}`;
    default:
      return value[0] === 1 ? 'true' : 'false';
  }
}

function listInWords(list: Buffer): string {
  const numbers = Array.from({ length: list.length / 8 }, (_, i) => Number(list.readBigUInt64LE(8 * i)));
  return numbers.length === 0 ? 'any' : numbers.map((number) => `0x${number.toString(16)}`).join(' ');
}

const attributeNames = new Map(
  Object.entries(pkcs11)
    .filter(([name]) => name.startsWith('CKA_'))
    .map(([name, number]) => [Number(number), name]),
);

const objectClasses = new Map<number, string>([
  [pkcs11.CKO_DATA, 'data'],
  [pkcs11.CKO_CERTIFICATE, 'certificate'],
  [pkcs11.CKO_PUBLIC_KEY, 'public'],
  [pkcs11.CKO_PRIVATE_KEY, 'private'],
  [pkcs11.CKO_SECRET_KEY, 'secret'],
]);
