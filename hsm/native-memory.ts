import koffi from 'koffi';
import type pkcs11 from 'pkcs11js';

/** CK_ATTRIBUTE and CK_MECHANISM on 64-bit systems: three fields of 8 bytes each (PKCS#11 v2.40 §3.4, §3.6). */
export const entrySize = 24;

export interface Pinned {
  readonly bytes: Buffer;
  readonly address: bigint;
}

/** Memory that the garbage collector never moves: an ArrayBuffer's, not a small typed array's. */
export function pinned(size: number): Pinned {
  const bytes = Buffer.from(new ArrayBuffer(size));
  return { bytes, address: koffi.address(bytes) };
}

/** CK_ATTRIBUTE `index` of an array at the beginning of `memory`, whose value lies in the same memory. */
export function writeEntry(memory: Pinned, index: number, type: number, valueAt: number, length: number): void {
  const at = index * entrySize;
  memory.bytes.writeBigUInt64LE(BigInt(type), at);
  memory.bytes.writeBigUInt64LE(memory.address + BigInt(valueAt), at + 8);
  memory.bytes.writeBigUInt64LE(BigInt(length), at + 16);
}

/**
 * A template as an array of CK_ATTRIBUTE with its values behind it. A nested template is copied with the addresses in it, so
 * the original has to live as long.
 */
export function encodeTemplate(template: pkcs11.Template): Buffer {
  const values = template.map(({ value }) => valueBytes(value));
  const memory = pinned(values.reduce((sum, { length }) => sum + length, template.length * entrySize));
  let at = template.length * entrySize;
  template.forEach(({ type }, i) => {
    const value = values[i] ?? Buffer.alloc(0);
    memory.bytes.set(value, at);
    writeEntry(memory, i, type, at, value.length);
    at += value.length;
  });
  return memory.bytes;
}

function valueBytes(value: pkcs11.Attribute['value']): Buffer {
  switch (typeof value) {
    case 'boolean':
      return Buffer.of(value ? 1 : 0);
    case 'number':
      return ulongs(value);
    case 'string':
      return Buffer.from(value);
    default:
      return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
  }
}

/** RSAES-OAEP as CK_MECHANISM with its CK_RSA_PKCS_OAEP_PARAMS behind it; no label. */
export function encodeOaep(mechanism: number, { hashAlg, mgf, source }: pkcs11.RsaOAEP): Buffer {
  const parameters = ulongs(hashAlg, mgf, source, 0, 0);
  const memory = pinned(entrySize + parameters.length);
  memory.bytes.set(parameters, entrySize);
  writeEntry(memory, 0, mechanism, entrySize, parameters.length);
  return memory.bytes;
}

function ulongs(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * numbers.length);
  numbers.forEach((number, i) => {
    bytes.writeBigUInt64LE(BigInt(number), 8 * i);
  });
  return bytes;
}
