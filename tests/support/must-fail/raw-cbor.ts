import { fromHex } from '#shared/entropy.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { bytesOf } from './forge.ts';

/** An encoded key with its encoded value. */
export type RawEntry = readonly [Uint8Array, Uint8Array];

/** The entries of a map with text keys, encoded, in their deterministic order. */
export function rawEntries(map: object): RawEntry[] {
  return Object.entries(map)
    .map(([key, value]): RawEntry => [encodeCbor(key), encodeCbor(value)])
    .sort(([a], [b]) => Buffer.compare(a, b));
}

/** A map of these entries as they come, under `head`, or under the head that fits. */
export function rawMap(entries: readonly RawEntry[], head = mapHead(entries.length)): Uint8Array {
  return bytesOf(head, ...entries.flat());
}

/** The map with the value of one key replaced by these bytes (hexadecimal). */
export function withRaw(map: object, key: string, value: string): Uint8Array {
  const name = encodeCbor(key);
  return rawMap(rawEntries(map).map(([k, v]): RawEntry => [k, Buffer.compare(k, name) === 0 ? fromHex(value) : v]));
}

function mapHead(count: number): Uint8Array {
  return count < 24 ? Uint8Array.of(0xa0 + count) : Uint8Array.of(0xb8, count);
}
