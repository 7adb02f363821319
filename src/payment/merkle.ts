import { crypto } from 'bitcoinjs-lib';
import { fromHex } from '#shared/entropy.ts';

/** A transaction's path to the merkle root as Esplora gives it: `merkle` from the lowest level up, in printed byte order. */
export interface MerkleProof {
  readonly pos: number;
  readonly merkle: readonly string[];
}

/** The root, in the order of the wire, that the proof leads to from `txid`; null when `pos` lies outside the tree. */
export function merkleRoot(txid: string, proof: MerkleProof): Uint8Array | null {
  if (proof.merkle.length > 30 || proof.pos >= 2 ** proof.merkle.length) return null;
  let node: Uint8Array = fromHex(txid).reverse();
  let position = proof.pos;
  for (const beside of proof.merkle) {
    const sibling = fromHex(beside).reverse();
    node = parentOf(position % 2 === 0 ? [node, sibling] : [sibling, node]);
    position = Math.floor(position / 2);
  }
  return node;
}

function parentOf(pair: readonly [Uint8Array, Uint8Array]): Uint8Array {
  const both = new Uint8Array(64);
  both.set(pair[0]);
  both.set(pair[1], 32);
  return crypto.hash256(both);
}
