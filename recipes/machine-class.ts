import { type MicrolitresPerSecond, microlitresPerSecond } from '#shared/units.ts';
import { encrypt0Head, gcmTagBytes } from '#wire/cose-encrypt0.ts';
import { maxManifestBytes } from './manifest-schema.ts';
import { beverageRecord } from './record.ts';
import type { RecordLayout } from './record-layout.ts';

/**
 * What sealing, opening and pouring must know about a class of machines. Everything else of the format is the same for
 * all; what executes the records is the cell's (`src/cell/machine-kind.ts`).
 */
export interface MachineClass {
  readonly name: string;
  readonly record: RecordLayout;
  /** Bytes of one plaintext record. */
  readonly recordBytes: number;
  /** Bytes of the encoded licence layer, which is the plaintext of the manufacturer layer. */
  readonly innerBytes: number;
  /** Bytes of one encoded piece, both layers on. */
  readonly pieceBytes: number;
  readonly maxPieces: number;
  /** The longest sealed file of the class; nothing longer is ever given room. */
  readonly maxFileBytes: number;
  /**
   * Whether pieces follow one another so fast that the next one's outer layer is taken off while one is open (a second
   * locked buffer, and a second session of the token).
   */
  readonly readAhead: boolean;
  /** The slowest line that a machine of the class may have; the published duration is reckoned with it. */
  readonly nominalFlow: MicrolitresPerSecond;
}

/** The classes that somebody understands, by name. */
export type MachineClasses = ReadonlyMap<string, MachineClass>;

/** Bytes of the Partial IV of a piece: u32 index, u8 final. */
export const partialIvBytes = 5;

function sealedBytes(plaintextBytes: number): number {
  const ciphertextBytes = plaintextBytes + gcmTagBytes;
  return encrypt0Head('A256GCM', new Uint8Array(partialIvBytes), ciphertextBytes).length + ciphertextBytes;
}

/** What makes a class; its slowest flow is in µl/s. */
export interface ClassTraits {
  readonly name: string;
  readonly record: RecordLayout;
  readonly maxPieces: number;
  readonly flow: number;
  readonly readAhead: boolean;
}

/** A class of these traits, with what follows from them. */
export function defineMachineClass({ name, record, maxPieces, flow, readAhead }: ClassTraits): MachineClass {
  const innerBytes = sealedBytes(record.bytes);
  const pieceBytes = sealedBytes(innerBytes);
  return {
    name,
    record,
    recordBytes: record.bytes,
    innerBytes,
    pieceBytes,
    maxPieces,
    maxFileBytes: maxManifestBytes + maxPieces * pieceBytes,
    readAhead,
    nominalFlow: microlitresPerSecond(flow),
  };
}

/** Drink mixers: records of 64 bytes, pieces of 128, files of at most 96 KiB. */
export const beverage = defineMachineClass({
  name: 'beverage',
  record: beverageRecord,
  maxPieces: 256,
  flow: 5_000,
  readAhead: false,
});

/** The classes that this release knows. */
export const releasedClasses: MachineClasses = new Map([[beverage.name, beverage]]);

/** The class of that name, or null when it is not among `classes`. */
export function machineClassOf(name: string, classes: MachineClasses = releasedClasses): MachineClass | null {
  return classes.get(name) ?? null;
}
