import { Tagged } from 'cborg';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { bytesOf, type Forge } from './forge.ts';
import type { MustFailCase } from './must-fail-case.ts';

/** The file with `value` (XOR) at `at`. */
function flipped(file: Uint8Array, at: number, value = 1): Uint8Array {
  const bad = Uint8Array.from(file);
  bad[at] = (bad[at] ?? 0) ^ value;
  return bad;
}

const text = new TextEncoder();

/** Where these bytes stand in the file. */
function find(file: Uint8Array, wanted: Uint8Array | string): number {
  const at = Buffer.from(file).indexOf(typeof wanted === 'string' ? text.encode(wanted) : wanted);
  if (at < 0) throw new RangeError('not in the file');
  return at;
}

const bodyAt = (forge: Forge): number => forge.good.length - forge.count * forge.manifest.piece_len;
const malformed = { found: 'manifest', code: 'recipe/malformed' } as const;
const notAuthentic = { found: 'manifest', code: 'recipe/not-authentic' } as const;

/** The header with one label set to `value`, or taken out. */
function header(forge: Forge, label: number, value: unknown): Map<unknown, unknown> {
  const map = forge.header;
  if (value === undefined) map.delete(label);
  else map.set(label, value);
  return map;
}

/** Item 0 as a COSE_Sign1, and who signed it. */
export const envelopeCases: readonly MustFailCase[] = [
  { name: 'empty', ...malformed, why: 'A file of no bytes has no manifest.', make: () => new Uint8Array(0) },
  {
    name: 'not-cbor',
    ...malformed,
    why: 'Text is no CBOR item of the form that a manifest has.',
    make: () => text.encode('This is not a sealed recipe.\n'),
  },
  {
    name: 'flip-in-tag',
    ...malformed,
    why: 'A bit of tag 18 is flipped: it is no COSE_Sign1 any more.',
    make: ({ good }) => flipped(good, 0),
  },
  {
    name: 'flip-in-certificate',
    ...notAuthentic,
    why: 'A bit of the author’s certificate is flipped: the pinned CA did not issue it.',
    make: (forge, { author }) => flipped(forge.good, find(forge.good, author.chain[0] ?? '') + 400),
  },
  {
    name: 'flip-in-name',
    ...notAuthentic,
    why: 'A bit of the recipe’s name is flipped: the signature is over other bytes.',
    make: ({ good }) => flipped(good, find(good, 'Test drink')),
  },
  {
    name: 'flip-in-max-ul',
    ...notAuthentic,
    why: 'A bit of a published bound is flipped: the signature is over other bytes.',
    make: ({ good }) => flipped(good, find(good, 'max_ul') + 8),
  },
  {
    name: 'flip-in-recipient',
    ...notAuthentic,
    why: 'A bit of the wrapped content key is flipped: the signature is over other bytes.',
    make: ({ good, manifest }) => flipped(good, find(good, manifest.layers[0].recipients[0]?.key ?? '') + 99),
  },
  {
    name: 'flip-in-body-hash',
    ...notAuthentic,
    why: 'A bit of body_sha256 is flipped: the signature is over other bytes.',
    make: ({ good, manifest }) => flipped(good, find(good, manifest.body_sha256) + 31, 0x80),
  },
  {
    name: 'flip-in-signature',
    ...notAuthentic,
    why: 'A bit of the author’s signature is flipped.',
    make: (forge) => flipped(forge.good, bodyAt(forge) - 1, 0x80),
  },
  {
    name: 'untagged',
    ...malformed,
    why: 'The COSE_Sign1 lacks its tag; there is one encoding of a manifest, with it.',
    make: ({ good }) => good.subarray(1),
  },
  {
    name: 'three-parts',
    ...malformed,
    why: 'A COSE_Sign1 has four parts; the signature is missing.',
    make: (forge) => {
      const parts = (decodeCbor(forge.good.subarray(0, bodyAt(forge)), 65_536) as Tagged).value as unknown[];
      return bytesOf(encodeCbor(new Tagged(18, parts.slice(0, 3))), ...forge.pieces);
    },
  },
  {
    name: 'alg-missing',
    ...malformed,
    why: 'The protected header names no algorithm; none is ever assumed.',
    make: (forge) => forge.headed(header(forge, 1, undefined)),
  },
  {
    name: 'alg-unknown',
    ...malformed,
    why: 'RS256 (−257) is not an algorithm of manifests.',
    make: (forge) => forge.headed(header(forge, 1, -257)),
  },
  {
    name: 'alg-of-another-key',
    ...notAuthentic,
    why: 'The header says PS256, the certificate holds a P-256 key: the algorithm belongs to the key, not to the file.',
    make: (forge) => forge.headed(header(forge, 1, -37)),
  },
  {
    name: 'unknown-header',
    ...malformed,
    why: 'A protected header that the profile does not know might change what the signature means.',
    make: (forge) => forge.headed(header(forge, 4, Uint8Array.of(1))),
  },
  {
    name: 'critical-header',
    ...malformed,
    why: 'A header marked critical (RFC 9052 §3.1) must be understood; the profile knows none.',
    make: (forge) => forge.headed(header(forge, 2, [99])),
  },
  {
    name: 'unprotected-header',
    ...malformed,
    why: 'The unprotected header is empty: nobody signed what stands there.',
    make: (forge) => forge.headed(forge.header, new Map([[4, Uint8Array.of(1)]])),
  },
  {
    name: 'other-content-type',
    ...notAuthentic,
    why: 'The signed content type is that of a DEPOSIT: what was signed for one purpose serves no other.',
    make: (forge) => forge.signed(encodeCbor(forge.manifest), { type: 'application/decant-deposit+cbor' }),
  },
  {
    name: 'no-certificate',
    ...notAuthentic,
    why: 'Without a certificate nobody vouches for the key.',
    make: (forge, { impostors }) => forge.file(forge.pieces, {}, { signer: impostors.nobody }),
  },
  {
    name: 'signer-of-another-role',
    ...notAuthentic,
    why: 'The signer’s certificate is for catalogues (extended key usage), under the very CA of authors.',
    make: (forge, { impostors }) => forge.file(forge.pieces, {}, { signer: impostors.catalogue }),
  },
  {
    name: 'signer-under-another-ca',
    ...notAuthentic,
    why: 'The author’s certificate leads to a CA that the operator did not pin.',
    make: (forge, { impostors }) => forge.file(forge.pieces, {}, { signer: impostors['other-ca'] }),
  },
  {
    name: 'signer-expired',
    ...notAuthentic,
    why: 'The author’s certificate had run out on the day of judgement.',
    make: (forge, { impostors }) => forge.file(forge.pieces, {}, { signer: impostors.expired }),
  },
  {
    name: 'signer-is-a-ca',
    ...notAuthentic,
    why: 'A CA’s own key signs certificates and nothing else.',
    make: (forge, { impostors }) => forge.file(forge.pieces, {}, { signer: impostors['a-ca'] }),
  },
  {
    name: 'chain-too-long',
    ...notAuthentic,
    why: 'A chain has at most three certificates; a longer one costs the reader time.',
    make: (forge, { impostors }) => forge.file(forge.pieces, {}, { signer: impostors['long-chain'] }),
  },
  {
    name: 'other-author',
    ...notAuthentic,
    why: 'The manifest names another author than the certificate that signed it.',
    make: (forge) => forge.file(forge.pieces, { author: 'Eve Author' }),
  },
  {
    name: 'short-by-a-byte',
    ...malformed,
    why: 'The file is a byte shorter than manifest, piece_len and piece_count say.',
    make: ({ good }) => good.subarray(0, good.length - 1),
  },
  {
    name: 'short-by-a-piece',
    ...malformed,
    why: 'The last piece is missing.',
    make: ({ good, manifest }) => good.subarray(0, good.length - manifest.piece_len),
  },
  {
    name: 'ends-within-manifest',
    ...malformed,
    why: 'The file ends within item 0.',
    make: (forge) => forge.good.subarray(0, bodyAt(forge) - 200),
  },
  {
    name: 'long-by-a-byte',
    ...malformed,
    why: 'A byte follows the last piece.',
    make: ({ good }) => bytesOf(good, new Uint8Array(1)),
  },
  {
    name: 'long-by-a-piece',
    ...malformed,
    why: 'A piece more than the manifest says follows.',
    make: (forge) => bytesOf(forge.good, forge.pieces[1] ?? new Uint8Array(0)),
  },
  {
    name: 'two-manifests',
    ...malformed,
    why: 'A second manifest stands where pieces begin.',
    make: (forge) => bytesOf(forge.good.subarray(0, bodyAt(forge)), forge.good),
  },
];
