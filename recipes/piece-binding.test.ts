import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layerNames, partialIvOf, pieceAad, pieceAads, pieceHead } from './piece-binding.ts';

const index = fc.oneof(
  fc.nat(300),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 0xffff_ffff),
);

describe('what all pieces of a layer are bound to', () => {
  it('is for each place what is made for it alone', () => {
    const version = fc.integer({ min: 1, max: 0xffff_ffff });
    const recipe = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const places = fc.array(fc.tuple(index, fc.boolean()), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(recipe, version, fc.constantFrom(...layerNames), places, (recipeId, v, layer, all) => {
        const aadOf = pieceAads({ recipeId, version: v, layer });
        const made = all.map(([at, final]) => aadOf(at, final));
        expect(made).toEqual(all.map(([at, final]) => pieceAad({ recipeId, version: v, layer, index: at, final })));
      }),
    );
  });

  it('has no other head than that of its place', () => {
    const heads = pieceHead(80);
    fc.assert(
      fc.property(index, fc.boolean(), (at, final) => {
        const head = heads.at(at, final);
        expect(Buffer.from(head).indexOf(partialIvOf(at, final))).toBe(9);
        expect([...head.subarray(0, 9), ...head.subarray(14)]).toEqual([
          0xd0, 0x83, 0x43, 0xa1, 0x01, 0x03, 0xa1, 0x06, 0x45, 0x58, 80,
        ]);
      }),
    );
  });
});
