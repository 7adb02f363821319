import { createPublicKey, type KeyObject } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import { Failure, isFailure } from '#shared/failure.ts';
import { asking, type Handle } from './cryptoki.ts';
import { type KeyTemplate, knownFlags, mechanismList } from './key-templates.ts';
import type { Login } from './login.ts';
import { type NestedTemplate, readNestedTemplate } from './nested-template.ts';
import { isPresent } from './token-card.ts';

/** Private or secret key: what a label stands for. */
export type KeyClass = 'private' | 'secret' | 'public';

const objectClass: Readonly<Record<KeyClass, number>> = {
  private: pkcs11.CKO_PRIVATE_KEY,
  secret: pkcs11.CKO_SECRET_KEY,
  public: pkcs11.CKO_PUBLIC_KEY,
};

/** The key object of this label as `session` sees it, or null. */
export function findKey(login: Login, keyClass: KeyClass, label: string, session = login.session): Handle | null {
  return (
    findAll(login, session, [
      { type: pkcs11.CKA_CLASS, value: objectClass[keyClass] },
      { type: pkcs11.CKA_TOKEN, value: true },
      { type: pkcs11.CKA_LABEL, value: label },
    ])[0] ?? null
  );
}

/** @throws Failure `token/key-missing` {label} */
export function requireKey(login: Login, keyClass: KeyClass, label: string): Handle {
  const key = findKey(login, keyClass, label);
  if (key === null) throw new Failure('token/key-missing', { label });
  return key;
}

/** Labels of the private keys that begin with `prefix`, sorted. */
export function listPrivateKeys(login: Login, prefix: string): string[] {
  const all = findAll(login, login.session, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_TOKEN, value: true },
  ]);
  const labels = all.map((key) => readAttribute(login, key, pkcs11.CKA_LABEL).toString('latin1'));
  return labels.filter((label) => label.startsWith(prefix)).sort();
}

/** @throws Failure `token/failed` for a label that is not 1 to 64 printable ASCII characters, or is taken */
export function requireFreeLabel(login: Login, label: string): void {
  if (!/^[\x21-\x7e]{1,64}$/.test(label)) throw new Failure('token/failed', { operation: 'name key', reason: 'label' });
  if (findKey(login, 'private', label) ?? findKey(login, 'secret', label)) {
    throw new Failure('token/failed', { operation: 'name key', reason: 'label is taken', label });
  }
}

/** One attribute of an object. */
export function readAttribute(login: Login, object: Handle, type: number): Buffer {
  return asking('read attribute', () => {
    const [attribute] = login.cryptoki.api.C_GetAttributeValue(login.session, object, [{ type }]);
    return attribute?.value ?? Buffer.alloc(0);
  });
}

/** An attribute of a key that is not as its template says. */
export interface Deviation {
  readonly attribute: number;
  /** As the token must answer it. */
  readonly expected: Buffer;
  /** As it does; null when it has no such attribute. */
  readonly found: Buffer | null;
}

/**
 * Reads a key's attributes back and compares them with what was sent: a module may ignore what it does not know.
 * @throws Failure `token/failed` {operation: 'read back', attribute}
 */
export function verifyTemplate(login: Login, key: Handle, template: KeyTemplate): void {
  for (const { attribute } of deviations(login, key, template)) {
    throw new Failure('token/failed', { operation: 'read back', attribute });
  }
}

/** Each attribute of the key that is not as `template` says, one after the other. */
export function* deviations(login: Login, key: Handle, template: KeyTemplate): Generator<Deviation> {
  const { quirks } = login.cryptoki;
  const expected: [number, Buffer][] = knownFlags(template, quirks).map(([type, value]) => [type, truth(value)]);
  expected.push([pkcs11.CKA_MODIFIABLE, truth(false)]);
  if (quirks.allowedMechanisms) expected.push([pkcs11.CKA_ALLOWED_MECHANISMS, sorted(template.allowed)]);
  for (const [attribute, value] of expected) {
    const read = readAttributeOrNull(login, key, attribute);
    const found = attribute === pkcs11.CKA_ALLOWED_MECHANISMS && read !== null ? sorted(mechanismsIn(read)) : read;
    if (found === null || !found.equals(value)) yield { attribute, expected: value, found };
  }
  if (template.unwrapped && quirks.unwrapTemplate) yield* nestedDeviations(login, key, template.unwrapped);
}

function* nestedDeviations(login: Login, key: Handle, unwrapped: NestedTemplate): Generator<Deviation> {
  const attribute = pkcs11.CKA_UNWRAP_TEMPLATE;
  const expected = Buffer.concat(unwrapped.map(([, value]) => truth(value)));
  try {
    const found = readNestedTemplate(login.cryptoki, login.session, key, attribute, unwrapped);
    if (unwrapped.every(([, value], i) => found[i] === value)) return;
    const none = found.every((value) => value === null);
    yield { attribute, expected, found: none ? null : Buffer.from(found.map((value) => (value ? 1 : 0))) };
  } catch (error) {
    // a template that says more than it should is one that was not asked for
    if (!isFailure(error, 'token/failed')) throw error;
    yield { attribute, expected, found: null };
  }
}

function truth(value: boolean): Buffer {
  return Buffer.of(value ? 1 : 0);
}

/** As `readAttribute`; null when the object has no such attribute. */
export function readAttributeOrNull(login: Login, key: Handle, type: number): Buffer | null {
  try {
    return readAttribute(login, key, type);
  } catch (error) {
    if (isFailure(error, 'token/failed') && error.facts['reason'] === 'CKR_ATTRIBUTE_TYPE_INVALID') return null;
    throw error;
  }
}

// a set: SoftHSM answers in ascending order, tpm2-pkcs11 in that of the template
function sorted(mechanisms: readonly number[]): Buffer {
  return mechanismList([...mechanisms].sort((a, b) => a - b));
}

function mechanismsIn(list: Buffer): number[] {
  return Array.from({ length: Math.floor(list.length / 8) }, (_, i) => Number(list.readBigUInt64LE(8 * i)));
}

/** SubjectPublicKeyInfo, DER, of an RSA private key object (the modulus is public) or of a P-256 key's public object. */
export function readSpki(login: Login, label: string): Uint8Array {
  const key = requireKey(login, 'private', label);
  const type = readAttribute(login, key, pkcs11.CKA_KEY_TYPE).readUInt32LE();
  return type === pkcs11.CKK_EC ? ecSpki(login, requireKey(login, 'public', label)) : rsaSpki(login, key);
}

/** SubjectPublicKeyInfo, DER, of an RSA key object, public or private. */
export function rsaSpki(login: Login, key: Handle): Uint8Array {
  const n = readAttribute(login, key, pkcs11.CKA_MODULUS).toString('base64url');
  const e = readAttribute(login, key, pkcs11.CKA_PUBLIC_EXPONENT).toString('base64url');
  return exportSpki(createPublicKey({ format: 'jwk', key: { kty: 'RSA', n, e } }));
}

/** SubjectPublicKeyInfo, DER, of a P-256 public key object. */
export function ecSpki(login: Login, publicKey: Handle): Uint8Array {
  // a DER octet string around the uncompressed point: 04 41, then 04 ‖ x ‖ y
  const point = readAttribute(login, publicKey, pkcs11.CKA_EC_POINT).subarray(-64);
  const x = point.subarray(0, 32).toString('base64url');
  const y = point.subarray(32).toString('base64url');
  return exportSpki(createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } }));
}

function exportSpki(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }));
}

/**
 * Every object that a session sees and the template describes. A token that was taken out shows none, which must never be taken
 * for keys that were destroyed.
 * @throws Failure `token/removed` {label}
 */
export function findAll(login: Login, session: Handle, template: pkcs11.Template): Handle[] {
  const found = findShown(login, session, template);
  if (found.length === 0 && !isPresent(login.cryptoki, login.card)) {
    throw new Failure('token/removed', { label: login.card.label });
  }
  return found;
}

function findShown(login: Login, session: Handle, template: pkcs11.Template): Handle[] {
  const { api } = login.cryptoki;
  return asking('find objects', () => {
    api.C_FindObjectsInit(session, template);
    try {
      const found: Handle[] = [];
      for (let batch = api.C_FindObjects(session, 64); batch.length > 0; batch = api.C_FindObjects(session, 64)) {
        found.push(...batch);
      }
      return found;
    } finally {
      api.C_FindObjectsFinal(session);
    }
  });
}
