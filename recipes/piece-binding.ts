import { encodeCbor } from '#wire/cbor.ts';
import { contentHeader, encrypt0Head, encStructure, nonceFrom } from '#wire/cose-encrypt0.ts';
import { partialIvBytes } from './machine-class.ts';

/** From outside to inside: the manufacturer's, then the licence's. */
export const layerNames = ['mfr', 'lic'] as const;
export type LayerName = (typeof layerNames)[number];

/** What a sealed piece is bound to besides its bytes. */
export interface PiecePlace {
  readonly recipeId: Uint8Array;
  readonly version: number;
  readonly layer: LayerName;
  /** From 0 on. */
  readonly index: number;
  readonly final: boolean;
}

/** u32 index, big-endian as a number in an IV is, and u8 final. */
export function partialIvOf(index: number, final: boolean): Uint8Array {
  const iv = new Uint8Array(partialIvBytes);
  new DataView(iv.buffer).setUint32(0, index);
  iv[partialIvBytes - 1] = final ? 1 : 0;
  return iv;
}

/** The nonce of a piece; its index and `final` come from the reader's own counter, never from the file. */
export function pieceNonce(baseIv: Uint8Array, index: number, final: boolean): Uint8Array {
  return nonceFrom(baseIv, partialIvOf(index, final));
}

/** The associated data of a piece: Enc_structure around CBOR `["tdr1", recipe_id, version, layer, index, final]`. */
export function pieceAad({ recipeId, version, layer, index, final }: PiecePlace): Uint8Array {
  const externalAad = encodeCbor(['tdr1', recipeId, version, layer, index, final]);
  return encStructure('Encrypt0', contentHeader('A256GCM'), externalAad);
}

/**
 * The associated data of all pieces of one layer, as `pieceAad` makes them one by one: encoded once for each width that an
 * index has in CBOR, then only index and `final` are written.
 */
export function pieceAads(layer: Omit<PiecePlace, 'index' | 'final'>): (index: number, final: boolean) => Uint8Array {
  const templates = new Map<number, Uint8Array>();
  return (index, final) => {
    const width = index < 24 ? 0 : index < 0x100 ? 1 : index < 0x1_0000 ? 2 : 4;
    const template = templates.get(width) ?? pieceAad({ ...layer, index, final });
    templates.set(width, template);
    const aad = template.slice();
    const end = aad.length - 1;
    aad[end] = final ? 0xf5 : 0xf4;
    if (width === 0) aad[end - 1] = index;
    for (let byte = 0; byte < width; byte += 1) aad[end - 1 - byte] = Math.floor(index / 256 ** byte);
    return aad;
  };
}

/** The bytes before a layer's ciphertext, which are the same in all pieces but for the Partial IV. */
export interface PieceHead {
  /** Those of this place; valid until the next call. */
  at(index: number, final: boolean): Uint8Array;
}

/** The heads of layers whose ciphertexts, tags included, have this length. */
export function pieceHead(ciphertextBytes: number): PieceHead {
  const head = encrypt0Head('A256GCM', new Uint8Array(partialIvBytes).fill(0xff), ciphertextBytes).slice();
  const ivAt = head.indexOf(0xff);
  return {
    at(index, final) {
      head.set(partialIvOf(index, final), ivAt);
      return head;
    },
  };
}
