import { type MicrolitresPerSecond, microlitresPerSecond } from '#shared/units.ts';
import { encrypt0Head, gcmTagBytes } from '#wire/cose-encrypt0.ts';

/**
 * What sealing and opening must know about a class of machines. Everything else of the format is the same for all; a
 * streamer of G-code would be a second entry with a longer record, a planner and an actuator of its own.
 */
export interface MachineClass {
  readonly name: string;
  /** Bytes of one plaintext record. */
  readonly recordBytes: number;
  /** Bytes of the encoded licence layer, which is the plaintext of the manufacturer layer. */
  readonly innerBytes: number;
  /** Bytes of one encoded piece, both layers on. */
  readonly pieceBytes: number;
  readonly maxPieces: number;
  /** The slowest line that a machine of the class may have; the published duration is reckoned with it. */
  readonly nominalFlow: MicrolitresPerSecond;
}

/** Bytes of the Partial IV of a piece: u32 index, u8 final. */
export const partialIvBytes = 5;

function sealedBytes(plaintextBytes: number): number {
  const ciphertextBytes = plaintextBytes + gcmTagBytes;
  return encrypt0Head('A256GCM', new Uint8Array(partialIvBytes), ciphertextBytes).length + ciphertextBytes;
}

function machineClass(name: string, recordBytes: number, maxPieces: number, flow: number): MachineClass {
  const innerBytes = sealedBytes(recordBytes);
  const pieceBytes = sealedBytes(innerBytes);
  return { name, recordBytes, innerBytes, pieceBytes, maxPieces, nominalFlow: microlitresPerSecond(flow) };
}

/** Drink mixers: records of 64 bytes, pieces of 128. */
export const beverage = machineClass('beverage', 64, 256, 5_000);

/** The class of that name, or null when this release does not know it. */
export function machineClassOf(name: string): MachineClass | null {
  return name === beverage.name ? beverage : null;
}
