import type { FailureCode } from '#shared/failure-codes.ts';
import type { FixedPeople } from './fixed-people.ts';
import type { Forge } from './forge.ts';

/**
 * Where a reader notices. Before a licence is burned: `class-key` (by the sealer), `manifest` (signature, form, size), `body` (its
 * hash), `check` (piece 0). After: a number, the piece that is refused; those before it are as they should be.
 */
export type Found = 'class-key' | 'manifest' | 'body' | 'check' | number;

/** A file that no reader may take, and why. */
export interface MustFailCase {
  readonly name: string;
  readonly found: Found;
  readonly code: FailureCode;
  readonly why: string;
  make(forge: Forge, people: FixedPeople): Uint8Array | Promise<Uint8Array>;
}
