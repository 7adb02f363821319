import pkcs11 from 'pkcs11js';
import type { ModuleQuirks } from './module-quirks.ts';
import { encodeNestedTemplate, type NestedTemplate } from './nested-template.ts';

/**
 * What a key may ever do: all of it is sent when the key is made and read back afterwards. Without `modifiable=0` a
 * live session sets DECRYPT on a content key and reads the rest of the recipe; without `allowed` an unwrap key answers
 * PKCS#1 v1.5, which leaks by its errors.
 */
export interface KeyTemplate {
  readonly flags: readonly (readonly [attribute: number, value: boolean])[];
  /** CKA_ALLOWED_MECHANISMS. */
  readonly allowed: readonly number[];
  /** CKA_UNWRAP_TEMPLATE, on keys that unwrap. */
  readonly unwrapped?: NestedTemplate;
}

type Use = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'signRecover' | 'wrap' | 'unwrap' | 'derive';

const attributeOfUse: Readonly<Record<Use, number>> = {
  encrypt: pkcs11.CKA_ENCRYPT,
  decrypt: pkcs11.CKA_DECRYPT,
  sign: pkcs11.CKA_SIGN,
  verify: pkcs11.CKA_VERIFY,
  signRecover: pkcs11.CKA_SIGN_RECOVER,
  wrap: pkcs11.CKA_WRAP,
  unwrap: pkcs11.CKA_UNWRAP,
  derive: pkcs11.CKA_DERIVE,
};
const privateUses: readonly Use[] = ['decrypt', 'sign', 'signRecover', 'unwrap', 'derive'];
const secretUses: readonly Use[] = ['encrypt', 'decrypt', 'sign', 'verify', 'wrap', 'unwrap', 'derive'];

/** What every unwrap key forces on what it unwraps: it closes the way of unwrapping once more, as extractable. */
export const staysInside: NestedTemplate = [
  [pkcs11.CKA_SENSITIVE, true],
  [pkcs11.CKA_EXTRACTABLE, false],
];
/** For a key that may leave only wrapped under another key of the token. */
const neverInTheClear: NestedTemplate = [[pkcs11.CKA_SENSITIVE, true]];

/** The tables of licence.md "Token objects": what each kind of key may do. */
export const keyTemplates = {
  rsaSigning: privateKey(['sign'], [pkcs11.CKM_SHA256_RSA_PKCS_PSS, pkcs11.CKM_SHA256_RSA_PKCS]),
  ecSigning: privateKey(['sign'], [pkcs11.CKM_ECDSA]),
  /** Class keys, prekeys, transport keys. */
  unwrap: { ...privateKey(['unwrap'], [pkcs11.CKM_RSA_PKCS_OAEP]), unwrapped: staysInside },
  /** The same keys where the token cannot unwrap (profile S). */
  decrypt: privateKey(['decrypt'], [pkcs11.CKM_RSA_PKCS_OAEP]),
  state: secretKey(true, ['encrypt', 'decrypt'], [pkcs11.CKM_AES_GCM]),
  contentKey: secretKey(false, ['decrypt'], [pkcs11.CKM_AES_GCM]),
  /** Licensing: deposits arrive under this key and go at once under the escrow key. */
  deposit: { ...privateKey(['unwrap'], [pkcs11.CKM_RSA_PKCS_OAEP]), unwrapped: neverInTheClear },
  escrow: { ...secretKey(true, ['wrap', 'unwrap'], [pkcs11.CKM_AES_KEY_WRAP]), unwrapped: neverInTheClear },
  /** A content key on its way from one wrapping to the other: it does nothing, but may be wrapped. */
  passingContentKey: extractable(secretKey(false, [], [pkcs11.CKM_AES_GCM])),
  /** The maker's original of a class key: it does nothing, but may be wrapped. */
  classKeyOriginal: extractable(privateKey([], [pkcs11.CKM_RSA_PKCS_OAEP])),
} satisfies Record<string, KeyTemplate>;

/** What class keys, prekeys and transport keys are made as in a token of this module. */
export function receivingKey({ profile }: ModuleQuirks): KeyTemplate {
  return profile === 'H' ? keyTemplates.unwrap : keyTemplates.decrypt;
}

/** The key-encryption key of the class-key ceremony on the machine's side; the number of RFC 5649 differs by module. */
export function receivedKek(quirks: ModuleQuirks): KeyTemplate {
  return { ...secretKey(false, ['unwrap'], [quirks.keyWrapPadded]), unwrapped: staysInside };
}

/** The same key on the maker's side: it wraps the class key and is then itself wrapped. */
export function sentKek(quirks: ModuleQuirks): KeyTemplate {
  return extractable(secretKey(false, ['wrap'], [quirks.keyWrapPadded]));
}

function privateKey(uses: readonly Use[], allowed: readonly number[]): KeyTemplate {
  return { flags: [...common(true), ...useFlags(privateUses, uses)], allowed };
}

function secretKey(lasting: boolean, uses: readonly Use[], allowed: readonly number[]): KeyTemplate {
  return { flags: [...common(lasting), ...useFlags(secretUses, uses)], allowed };
}

function common(lasting: boolean): [number, boolean][] {
  return [
    [pkcs11.CKA_TOKEN, lasting],
    [pkcs11.CKA_PRIVATE, true],
    [pkcs11.CKA_SENSITIVE, true],
    [pkcs11.CKA_EXTRACTABLE, false],
    [pkcs11.CKA_COPYABLE, false],
  ];
}

function useFlags(all: readonly Use[], granted: readonly Use[]): [number, boolean][] {
  return all.map((use) => [attributeOfUse[use], granted.includes(use)]);
}

function extractable(template: KeyTemplate): KeyTemplate {
  return {
    ...template,
    flags: template.flags.map(([attribute, value]) => [attribute, attribute === pkcs11.CKA_EXTRACTABLE || value]),
  };
}

/** What of a module's row decides how a template is sent. */
export type TemplateQuirks = Pick<ModuleQuirks, 'unwrapTemplate' | 'allowedMechanisms' | 'unknownAttributes'>;

/** The flags of the template that the module knows. */
export function knownFlags({ flags }: KeyTemplate, quirks: TemplateQuirks): KeyTemplate['flags'] {
  return flags.filter(([attribute]) => !quirks.unknownAttributes.includes(attribute));
}

/** Whether the template grants this use (CKA_SIGN, …). */
export function grants({ flags }: KeyTemplate, use: number): boolean {
  return flags.some(([attribute, value]) => attribute === use && value);
}

/** The template as pkcs11js takes it, after `first` (class, type, label …); CKA_MODIFIABLE must come last. */
export function toAttributes(
  template: KeyTemplate,
  quirks: TemplateQuirks,
  first: pkcs11.Template = [],
): pkcs11.Template {
  const attributes: pkcs11.Template = [
    ...first,
    ...knownFlags(template, quirks).map(([type, value]) => ({ type, value })),
  ];
  if (quirks.allowedMechanisms) {
    attributes.push({ type: pkcs11.CKA_ALLOWED_MECHANISMS, value: mechanismList(template.allowed) });
  }
  if (template.unwrapped && quirks.unwrapTemplate) {
    attributes.push({ type: pkcs11.CKA_UNWRAP_TEMPLATE, value: encodeNestedTemplate(template.unwrapped) });
  }
  attributes.push({ type: pkcs11.CKA_MODIFIABLE, value: false });
  return attributes;
}

/** CK_MECHANISM_TYPE array: 8 bytes each, little-endian. */
export function mechanismList(mechanisms: readonly number[]): Buffer {
  const list = Buffer.alloc(8 * mechanisms.length);
  mechanisms.forEach((mechanism, i) => {
    list.writeBigUInt64LE(BigInt(mechanism), 8 * i);
  });
  return list;
}
