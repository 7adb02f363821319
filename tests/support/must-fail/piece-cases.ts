import { Tagged } from 'cborg';
import { writeCheck, writeDispense, writeEnd, writePause } from '#recipes/record.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { contentHeader, encodeEncrypt0 } from '#wire/cose-encrypt0.ts';
import { bytesOf, type Forge, type LayerChanges } from './forge.ts';
import type { MustFailCase } from './must-fail-case.ts';

/** The pieces with piece `index` replaced, under a manifest that the author signed anew: the hash is right. */
function replaced(forge: Forge, index: number, piece: Uint8Array): Promise<Uint8Array> {
  return forge.file(forge.pieces.map((good, i) => (i === index ? piece : good)));
}

/** A seal that is wrong at `found`. */
function seal(
  name: string,
  found: 'check' | number,
  why: string,
  piece: (forge: Forge, index: number) => Uint8Array,
): MustFailCase {
  const index = found === 'check' ? 0 : found;
  const make = (forge: Forge) => replaced(forge, index, piece(forge, index));
  return { name, found, code: 'recipe/piece-not-authentic', why, make };
}

/** Whole files, put together by whoever has the author’s key and no content key: the hash and the signature are right. */
function arranged(name: string, found: 'check' | number, why: string, make: MustFailCase['make']): MustFailCase {
  return { name, found, code: 'recipe/piece-not-authentic', why, make };
}

/** A seal that is right around a record that is not. */
function record(name: string, found: 'check' | number, why: string, write: (record: DataView) => void): MustFailCase {
  const index = found === 'check' ? 0 : found;
  const make = (forge: Forge) => {
    const bytes = forge.record(index);
    write(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
    return replaced(forge, index, forge.piece(index, bytes));
  };
  return { name, found, code: 'recipe/malformed', why, make };
}

const withOuter = (as: NonNullable<LayerChanges['as']>) => (forge: Forge, index: number) =>
  forge.piece(index, forge.record(index), { mfr: { as } });
const pick = <T>(items: readonly T[], order: readonly number[]): T[] => order.flatMap((i) => items.slice(i, i + 1));
const flipLast = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));

/** Headers of a COSE_Encrypt0 that are not those of the profile; ciphertext and tag are right. */
const headers: readonly MustFailCase[] = [
  seal(
    'piece-header-with-iv',
    'check',
    'The header says a whole IV (label 5) instead of a Partial IV: the file would choose the nonce.',
    withOuter((ciphertext, iv) => encrypt0(new Map([[5, iv]]), ciphertext)),
  ),
  seal(
    'piece-header-with-both',
    'check',
    'IV and Partial IV stand side by side.',
    withOuter((ciphertext, iv) =>
      encrypt0(
        new Map([
          [5, new Uint8Array(12)],
          [6, iv],
        ]),
        ciphertext,
      ).subarray(0, 128),
    ),
  ),
  seal(
    'piece-header-with-kid',
    'check',
    'A header that the profile does not have.',
    withOuter((ciphertext, iv) =>
      encrypt0(
        new Map([
          [4, new Uint8Array(1)],
          [6, iv],
        ]),
        ciphertext,
      ).subarray(0, 128),
    ),
  ),
  seal(
    'piece-alg-128',
    'check',
    'The protected header says A128GCM.',
    withOuter((ciphertext, partialIv) => encodeEncrypt0({ algorithm: 'A128GCM', partialIv, ciphertext })),
  ),
  seal(
    'piece-untagged',
    'check',
    'The COSE_Encrypt0 lacks its tag.',
    withOuter((ciphertext, partialIv) =>
      bytesOf(encodeEncrypt0({ algorithm: 'A256GCM', partialIv, ciphertext }).subarray(1), new Uint8Array(1)),
    ),
  ),
  seal(
    'piece-tag-of-4-bytes',
    'check',
    'The outer tag is cut to 4 bytes, zeros behind it: the sizes of tags are fixed, whatever a library would take.',
    withOuter((ciphertext, partialIv) => {
      const short = ciphertext.subarray(0, ciphertext.length - 12);
      return bytesOf(encodeEncrypt0({ algorithm: 'A256GCM', partialIv, ciphertext: short }), new Uint8Array(12));
    }),
  ),
  seal('piece-inner-tag-of-4-bytes', 2, 'The inner tag is cut to 4 bytes, zeros behind it.', (forge, index) =>
    forge.piece(index, forge.record(index), {
      lic: {
        as(ciphertext, partialIv) {
          const short = ciphertext.subarray(0, ciphertext.length - 12);
          return bytesOf(encodeEncrypt0({ algorithm: 'A256GCM', partialIv, ciphertext: short }), new Uint8Array(12));
        },
      },
    }),
  ),
  seal(
    'piece-header-says-other-index',
    1,
    'The Partial IV is that of piece 2, the rest is right: the reader counts for itself.',
    withOuter((ciphertext) =>
      encodeEncrypt0({ algorithm: 'A256GCM', partialIv: Uint8Array.of(0, 0, 0, 2, 0), ciphertext }),
    ),
  ),
];

/** What a layer is bound to is another. */
const bindings: readonly MustFailCase[] = [
  seal('check-of-another-recipe', 'check', 'Piece 0 is bound to another recipe.', (forge, index) =>
    forge.piece(index, forge.record(index), both({ recipeId: new Uint8Array(16).fill(9) })),
  ),
  seal('check-of-another-version', 'check', 'Piece 0 is bound to another version.', (forge, index) =>
    forge.piece(index, forge.record(index), both({ version: 4 })),
  ),
  seal(
    'check-under-another-key',
    'check',
    'The licence layer of piece 0 is under another content key.',
    (forge, index) => forge.piece(index, forge.record(index), { lic: { key: forge.keys.mfr } }),
  ),
  seal('check-layers-swapped', 'check', 'The licence layer lies outside, the manufacturer layer inside.', swapped),
  seal('piece-layers-swapped', 3, 'The layers of one piece are in the other order.', swapped),
  seal('piece-of-another-recipe', 2, 'A piece is bound to another recipe.', (forge, index) =>
    forge.piece(index, forge.record(index), both({ recipeId: new Uint8Array(16).fill(9) })),
  ),
  seal('piece-of-another-version', 2, 'A piece is bound to the version before.', (forge, index) =>
    forge.piece(index, forge.record(index), both({ version: 2 })),
  ),
  seal('piece-inner-of-another-version', 2, 'Only the licence layer is bound to another version.', (forge, index) =>
    forge.piece(index, forge.record(index), { lic: { version: 2 } }),
  ),
  seal('piece-inner-of-another-index', 2, 'Only the licence layer is that of another index.', (forge, index) =>
    forge.piece(index, forge.record(index), { lic: { index: 3 } }),
  ),
  seal('piece-false-final', 4, 'A piece says that it is the last, and more follow.', (forge, index) =>
    forge.piece(index, forge.record(index), both({ final: true })),
  ),
  seal('piece-last-not-final', 7, 'The last piece does not say so: the recipe could go on.', (forge, index) =>
    forge.piece(index, forge.record(index), both({ final: false })),
  ),
  seal('piece-inner-tag-flipped', 1, 'A bit of the inner tag is flipped, the outer layer is right.', (forge, index) =>
    forge.layer('mfr', index, flipLast(forge.layer('lic', index, forge.record(index)))),
  ),
  seal('piece-outer-only', 1, 'There is no licence layer: zeros follow the record.', (forge, index) =>
    forge.layer('mfr', index, bytesOf(forge.record(index), new Uint8Array(32))),
  ),
];

/** Right pieces in wrong places, by whoever may sign. */
const arrangements: readonly MustFailCase[] = [
  arranged('signed-reordered', 2, 'Pieces 2 and 3 are exchanged, and the manifest signed again.', (forge) =>
    forge.file(pick(forge.pieces, [0, 1, 3, 2, 4, 5, 6, 7])),
  ),
  arranged('signed-repeated', 3, 'Piece 2 is repeated, and the manifest signed again.', (forge) =>
    forge.file(pick(forge.pieces, [0, 1, 2, 2, 4, 5, 6, 7])),
  ),
  arranged(
    'signed-dropped',
    2,
    'Piece 2 is dropped and the last one doubled, and the manifest signed again.',
    (forge) => forge.file(pick(forge.pieces, [0, 1, 3, 4, 5, 6, 7, 7])),
  ),
  arranged('signed-check-repeated', 1, 'The check piece stands in the place of piece 1, too.', (forge) =>
    forge.file(pick(forge.pieces, [0, 0, 2, 3, 4, 5, 6, 7])),
  ),
  arranged(
    'signed-longer',
    'check',
    'A ninth piece follows, and the manifest says 9: the check piece says 8.',
    (forge) => forge.file([...forge.pieces, ...forge.pieces.slice(7)], { piece_count: 9 }),
  ),
  arranged(
    'signed-other-version',
    'check',
    'The manifest says another version than the pieces are bound to.',
    (forge) => forge.file(forge.pieces, { version: 4 }),
  ),
  arranged('signed-other-recipe', 'check', 'The manifest says another recipe than the pieces are bound to.', (forge) =>
    forge.file(forge.pieces, { recipe_id: new Uint8Array(16).fill(9) }),
  ),
  arranged(
    'signed-other-iv',
    'check',
    'The manifest says other base IVs than the pieces were sealed with.',
    (forge) => {
      const [mfr, lic] = forge.manifest.layers;
      return forge.file(forge.pieces, {
        layers: [
          { ...mfr, base_iv: lic.base_iv },
          { ...lic, base_iv: mfr.base_iv },
        ],
      });
    },
  ),
  arranged(
    'signed-unequal-lengths',
    2,
    'Piece 2 is a byte shorter, piece 3 a byte longer; the file is as long.',
    (forge) =>
      forge.file(
        forge.pieces.map((piece, i) =>
          i === 2 ? piece.subarray(0, 127) : i === 3 ? bytesOf(piece, piece.subarray(0, 1)) : piece,
        ),
      ),
  ),
  arranged('check-says-other-length', 'check', 'The check record says 16 pieces, the manifest 8.', (forge) =>
    checking(forge, 16, forge.manifest.recipe_id, forge.manifest.version),
  ),
  arranged('check-says-other-recipe', 'check', 'The check record names another recipe.', (forge) =>
    checking(forge, 8, new Uint8Array(16).fill(9), forge.manifest.version),
  ),
  arranged('check-says-other-version', 'check', 'The check record names another version.', (forge) =>
    checking(forge, 8, forge.manifest.recipe_id, 4),
  ),
];

const dose = (slot: number, amountUl: number, flowHint = 0) => ({ slot, amountUl, flowHint });

/** Well sealed, badly written. */
const records: readonly MustFailCase[] = [
  record('check-is-a-pour', 'check', 'Piece 0 pours; it must be the check.', (view) =>
    writeDispense(view, 'machine', [dose(0, 20_000)]),
  ),
  record('check-padding', 'check', 'An unused byte of the check record is not zero.', (view) => view.setUint8(63, 1)),
  record('record-op-unknown', 2, 'The operation 9 does not exist.', (view) => view.setUint8(0, 9)),
  record('record-check-again', 3, 'A check record stands in the middle.', (view) =>
    writeCheck(view, 8, new Uint8Array(16), 3),
  ),
  record('record-last-pours', 7, 'The last record pours; it must be the end.', (view) =>
    writeDispense(view, 'machine', [dose(0, 20_000)]),
  ),
  record('record-timing-unknown', 1, 'The timing 4 does not exist.', (view) => view.setUint8(1, 4)),
  record('record-no-doses', 1, 'A dispense of no doses.', (view) => view.setUint8(2, 0)),
  record('record-7-doses', 1, 'A record has room for 6 doses.', (view) => view.setUint8(2, 7)),
  record('record-slot-unknown', 1, 'A slot beyond the manifest’s ingredients.', (view) => view.setUint8(8, 4)),
  record('record-slot-twice', 1, 'Two doses of one slot in one record.', (view) =>
    writeDispense(view, 'machine', [dose(1, 20_000), dose(1, 20_000)]),
  ),
  record('record-amount-zero', 1, 'A dose of nothing.', (view) => view.setUint32(12, 0)),
  record('record-flow-101', 1, 'A flow of 101 percent.', (view) =>
    writeDispense(view, 'machine', [dose(1, 20_000, 101)]),
  ),
  record('record-padding-byte-3', 1, 'An unused byte of the record’s head is not zero.', (view) => view.setUint8(3, 1)),
  record('record-padding-dose', 1, 'An unused byte of a dose is not zero.', (view) => view.setUint8(10, 1)),
  record('record-padding-behind', 1, 'A byte behind the last dose is not zero.', (view) => view.setUint8(55, 0x80)),
  record('record-pause-zero', 3, 'A pause of no time.', (view) => writePause(view, 0)),
  record('record-pause-padding', 3, 'An unused byte of a pause is not zero.', (view) => view.setUint8(20, 1)),
  record('record-instruction-zero', 2, 'A hand is asked for without a sentence.', (view) => view.setUint32(56, 0)),
  record('record-end-padding', 5, 'An unused byte of an end is not zero.', (view) => {
    writeEnd(view);
    view.setUint8(40, 7);
  }),
];

/** What is in the signed bytes and in the keys of the pieces. */
export const pieceCases: readonly MustFailCase[] = [...headers, ...bindings, ...arrangements, ...records];

function both(changes: LayerChanges): { mfr: LayerChanges; lic: LayerChanges } {
  return { mfr: changes, lic: changes };
}

function swapped(forge: Forge, index: number): Uint8Array {
  return forge.layer('lic', index, forge.layer('mfr', index, forge.record(index)));
}

function checking(forge: Forge, pieces: number, recipeId: Uint8Array, version: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(64);
  writeCheck(new DataView(bytes.buffer), pieces, recipeId, version);
  return replaced(forge, 0, forge.piece(0, bytes));
}

function encrypt0(unprotected: Map<number, Uint8Array>, ciphertext: Uint8Array): Uint8Array {
  return encodeCbor(new Tagged(16, [contentHeader('A256GCM'), unprotected, ciphertext]));
}
