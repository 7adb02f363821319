import { bytesOf, type Forge } from './forge.ts';
import type { MustFailCase } from './must-fail-case.ts';

/** A file whose signed manifest is the good one and whose body is not. */
function body(name: string, why: string, pieces: (forge: Forge) => Uint8Array[]): MustFailCase {
  return {
    name,
    found: 'body',
    code: 'recipe/digest-mismatch',
    why: `${why} The body’s hash tells.`,
    make: (forge) =>
      bytesOf(forge.good.subarray(0, forge.good.length - bytesOf(...forge.pieces).length), ...pieces(forge)),
  };
}

/** The pieces with one bit flipped. */
function flip(forge: Forge, piece: number, at: number): Uint8Array[] {
  const pieces = forge.pieces;
  const bad = pieces[piece];
  if (bad !== undefined) bad[at] = (bad[at] ?? 0) ^ 0x10;
  return pieces;
}

const swap = <T>(items: readonly T[], order: readonly number[]): T[] => order.flatMap((i) => items.slice(i, i + 1));

/** Everything behind item 0. */
export const bodyCases: readonly MustFailCase[] = [
  body('body-flip-check-header', 'A bit of the header of piece 0 is flipped.', (forge) => flip(forge, 0, 3)),
  body('body-flip-check', 'A bit of the ciphertext of piece 0 is flipped.', (forge) => flip(forge, 0, 60)),
  body('body-flip-partial-iv', 'A bit of a Partial IV is flipped.', (forge) => flip(forge, 3, 12)),
  body('body-flip-ciphertext', 'A bit of a ciphertext is flipped.', (forge) => flip(forge, 2, 70)),
  body('body-flip-tag', 'A bit of an outer tag is flipped.', (forge) => flip(forge, 4, 127)),
  body('body-flip-last', 'A bit of the last piece is flipped.', (forge) => flip(forge, 7, 127)),
  body('body-reordered', 'Pieces 1 and 2 are exchanged.', ({ pieces }) => swap(pieces, [0, 2, 1, 3, 4, 5, 6, 7])),
  body('body-reversed', 'The pieces stand in the opposite order.', ({ pieces }) => pieces.reverse()),
  body('body-repeated', 'Piece 1 stands in the place of piece 2, too.', ({ pieces }) =>
    swap(pieces, [0, 1, 1, 3, 4, 5, 6, 7]),
  ),
  body('body-dropped', 'Piece 2 is left out and the last one repeated.', ({ pieces }) =>
    swap(pieces, [0, 1, 3, 4, 5, 6, 7, 7]),
  ),
  body('body-zeros', 'All pieces are zeros.', ({ pieces }) => pieces.map(({ length }) => new Uint8Array(length))),
];
