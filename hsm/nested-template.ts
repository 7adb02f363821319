import { Failure } from '#shared/failure.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { handleNumber, nameOfReturnValue } from './cryptoki.ts';
import { entrySize, pinned, writeEntry } from './native-memory.ts';

/** A template inside an attribute (CKA_UNWRAP_TEMPLATE): attribute number and truth. */
export type NestedTemplate = readonly (readonly [attribute: number, value: boolean])[];

/**
 * The CK_ATTRIBUTE array that PKCS#11 wants as the value of a template attribute. pkcs11js cannot build one, so the
 * addresses are written by hand; entries and values share one allocation, which lives as long as the result does.
 */
export function encodeNestedTemplate(template: NestedTemplate): Buffer {
  const memory = pinned(template.length * (entrySize + 1));
  const values = template.length * entrySize;
  template.forEach(([attribute, value], i) => {
    memory.bytes[values + i] = value ? 1 : 0;
    writeEntry(memory, i, attribute, values + i, 1);
  });
  return memory.bytes.subarray(0, values);
}

/**
 * The values of `attribute` (a template attribute) of an object, in the order of `expected`; null for each that is
 * not there.
 * @throws Failure `token/failed` when its template says more
 */
export function readNestedTemplate(
  cryptoki: Cryptoki,
  session: Handle,
  object: Handle,
  attribute: number,
  expected: NestedTemplate,
): (boolean | null)[] {
  const inner = entrySize;
  const values = inner + expected.length * entrySize;
  const memory = pinned(values + expected.length);
  writeEntry(memory, 0, attribute, inner, expected.length * entrySize);
  expected.forEach(([type], i) => writeEntry(memory, i + 1, type, values + i, 1));
  memory.bytes.fill(0xff, values);
  const result = cryptoki.native.getAttributeValue(handleNumber(session), handleNumber(object), memory.bytes, 1);
  if (result !== 0) {
    throw new Failure('token/failed', { operation: 'read nested template', reason: nameOfReturnValue(result) });
  }
  return expected.map((_, i) => [false, true][memory.bytes[values + i] ?? 2] ?? null);
}
