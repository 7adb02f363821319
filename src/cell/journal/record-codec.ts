import { crc32 } from 'node:zlib';
import { Failure, invariant, isFailure } from '#shared/failure.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { sha256 } from '#wire/signed-message.ts';
import { type Entry, entrySchema } from './entry.ts';

/**
 * One record of the journal file: u32 length, u32 CRC-32 of the payload (both little-endian), payload. The payload is
 * CBOR `[previous head, entry]`, so that no record can be taken out or put elsewhere.
 */
export const recordHeadBytes = 8;
export const maxRecordBytes = 128 * 1024;

/** Where a journal stands: `index` entries so far, and the hash chain over them (zeros before the first). */
export interface Head {
  readonly index: number;
  readonly head: Uint8Array;
}

export const emptyHead: Head = { index: 0, head: new Uint8Array(32) };

/** The head after one more entry, whose payload has the digest `link`: SHA-256(head ‖ link). */
export function advanceHead(from: Head, link: Uint8Array): Head {
  const joined = new Uint8Array(64);
  joined.set(from.head);
  joined.set(link, 32);
  return { index: from.index + 1, head: sha256(joined) };
}

export interface EncodedRecord {
  readonly bytes: Uint8Array;
  readonly link: Uint8Array;
}

export function encodeRecord(previous: Head, entry: Entry): EncodedRecord {
  const payload = encodeCbor([previous.head, entry]);
  invariant(payload.length <= maxRecordBytes, 'a record that could not be read again is not written');
  const bytes = new Uint8Array(recordHeadBytes + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint32(4, crc32(payload), true);
  bytes.set(payload, recordHeadBytes);
  return { bytes, link: sha256(payload) };
}

/**
 * The record at `at`; null when the bytes end before it does or its CRC is wrong (a torn tail looks like that).
 * @throws Failure `journal/broken` for a whole record that does not belong there
 */
export function decodeRecord(
  file: Uint8Array,
  at: number,
  previous: Head,
): { readonly entry: Entry; readonly link: Uint8Array; readonly next: number } | null {
  const payload = wholePayload(file, at);
  if (payload === null) return null;
  const decoded = decodePayload(payload, previous);
  if (!Array.isArray(decoded) || decoded.length !== 2 || !sameHead(decoded[0], previous)) {
    throw new Failure('journal/broken', { index: previous.index + 1, reason: 'does not follow the entry before' });
  }
  const entry = entrySchema.safeParse(decoded[1]);
  if (!entry.success) throw new Failure('journal/broken', { index: previous.index + 1, reason: 'not an entry' });
  return { entry: entry.data, link: sha256(payload), next: at + recordHeadBytes + payload.length };
}

/** Whether some whole record begins at `at`, whatever stands before it: none of those behind a torn tail does. */
export function beginsRecord(file: Uint8Array, at: number): boolean {
  return payloadStart.every((byte, i) => file[at + recordHeadBytes + i] === byte) && wholePayload(file, at) !== null;
}

/** The head of a two-item array, and that of a 32-byte string. */
const payloadStart = [0x82, 0x58, 0x20];

function decodePayload(payload: Uint8Array, { index }: Head): unknown {
  try {
    return decodeCbor(payload, maxRecordBytes);
  } catch (error) {
    if (!isFailure(error)) throw error;
    throw new Failure('journal/broken', { index: index + 1, reason: 'not CBOR' }, error);
  }
}

function wholePayload(file: Uint8Array, at: number): Uint8Array | null {
  if (file.length - at < recordHeadBytes) return null;
  const view = new DataView(file.buffer, file.byteOffset + at, recordHeadBytes);
  const length = view.getUint32(0, true);
  // zeros, as a file system leaves them behind a power cut, are no empty record although their CRC is right
  if (length === 0 || length > maxRecordBytes || file.length - at - recordHeadBytes < length) return null;
  const payload = file.subarray(at + recordHeadBytes, at + recordHeadBytes + length);
  return crc32(payload) === view.getUint32(4, true) ? payload : null;
}

function sameHead(value: unknown, head: Head): boolean {
  return value instanceof Uint8Array && value.length === 32 && value.every((byte, i) => byte === head.head[i]);
}
