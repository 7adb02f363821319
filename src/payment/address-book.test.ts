import * as secp256k1 from '@bitcoinerlab/secp256k1';
import { BIP32Factory } from 'bip32';
import { describe, expect, it } from 'vitest';
import { addressBook, type IndexStore } from './address-book.ts';
import { descriptorChecksum } from './descriptor.ts';
import { networkNamed } from './network.ts';

// BIP84 "Test vectors": account 0 of "abandon … about"
const zpub =
  'zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs';
const mainnet = networkNamed('mainnet', { mainnet: true });
const regtest = networkNamed('bcoin-regtest');

/** The vector's key with the version bytes of another prefix (SLIP-132 spells one key in several ways). */
function withVersion(version: number): string {
  const slip132 = { ...mainnet.prefixes, bip32: { public: 0x04b24746, private: 0x04b2430c } };
  const key = BIP32Factory(secp256k1).fromBase58(zpub, slip132);
  const network = { ...slip132, bip32: { public: version, private: 0 } };
  return BIP32Factory(secp256k1).fromPublicKey(key.publicKey, key.chainCode, network).toBase58();
}
const xpub = withVersion(0x0488b21e);
const tpub = withVersion(0x043587cf);

function counting(from = 0): IndexStore {
  let next = from;
  return { reserveNext: async () => next++ };
}

describe('a watch-only address book', () => {
  it('derives the receiving addresses of the BIP84 test vectors', () => {
    const book = addressBook(`wpkh([73c5da0a/84h/0h/0h]${xpub}/0/*)`, mainnet, counting());
    expect(book.at(0).address).toBe('bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu');
    expect(book.at(1).address).toBe('bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g');
  });

  it('derives the change address of the BIP84 test vectors on branch 1', () => {
    const book = addressBook(`wpkh([73c5da0a/84'/0'/0']${xpub}/1/*)`, mainnet, counting());
    expect(book.at(0).address).toBe('bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el');
  });

  it.each([
    ['signet', /^tb1q/],
    ['regtest', /^bcrt1q/],
    ['bcoin-regtest', /^rb1q/],
  ] as const)('spells one script in the prefix of %s', (name, prefix) => {
    const { address, script } = addressBook(`wpkh([73c5da0a/84h/1h/0h]${tpub}/0/*)`, networkNamed(name), counting()).at(
      0,
    );
    expect(address).toMatch(prefix);
    expect(script).toBe('0014c0cebcd6c3d3ca8c75dc5ec62ebe55330ef910e2');
  });

  it('hands out each address once, also to callers at the same time', async () => {
    const book = addressBook(`wpkh([73c5da0a/84h/1h/0h]${tpub}/0/*)`, regtest, counting(7));
    const handed = await Promise.all(Array.from({ length: 20 }, () => book.next()));
    expect(handed.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, i) => 7 + i));
    expect(new Set(handed.map(({ address }) => address)).size).toBe(20);
  });

  it('refuses an index that it was given before', async () => {
    const indexes = [3, 3];
    const store = { reserveNext: async () => indexes.shift() ?? 0 };
    const book = addressBook(`wpkh([73c5da0a/84h/1h/0h]${tpub}/0/*)`, regtest, store);
    await book.next();
    await expect(book.next()).rejects.toMatchObject({ code: 'payment/address-reused' });
  });
});

describe('a descriptor', () => {
  const valid = `wpkh([73c5da0a/84h/1h/0h]${tpub}/0/*)`;
  const read = (text: string) => () => addressBook(text, regtest, counting());

  it('has the checksum of BIP380', () => {
    expect(descriptorChecksum('raw(deadbeef)')).toBe('89f8spxm');
  });

  it('is taken with its checksum and refused with a wrong one', () => {
    expect(read(`${valid}#${descriptorChecksum(valid)}`)).not.toThrow();
    expect(read(`${valid}#89f8spxm`)).toThrow(expect.objectContaining({ code: 'config/invalid' }));
  });

  it.each([
    ['another script form', `pkh([73c5da0a/84h/1h/0h]${tpub}/0/*)`],
    ['no origin', `wpkh(${tpub}/0/*)`],
    ['hardened children', `wpkh([73c5da0a/84h/1h/0h]${tpub}/0/*h)`],
    ['a single address', `wpkh([73c5da0a/84h/1h/0h]${tpub}/0/5)`],
    ['a broken key', `wpkh([73c5da0a/84h/1h/0h]${tpub.slice(0, -1)}1/0/*)`],
    ['a private key', `wpkh([73c5da0a/84h/1h/0h]${privateKey()}/0/*)`],
  ])('is refused with %s', (_, text) => {
    expect(read(text)).toThrow(expect.objectContaining({ code: 'config/invalid' }));
  });

  it('is refused on a network that its key is not for', () => {
    const wrong: unknown = expect.objectContaining({ code: 'payment/wrong-network' });
    expect(read(`wpkh([73c5da0a/84h/0h/0h]${xpub}/0/*)`)).toThrow(wrong as Error);
    expect(() => addressBook(valid, mainnet, counting())).toThrow(wrong as Error);
  });

  it('is for test networks unless mainnet is switched on', () => {
    expect(() => networkNamed('mainnet')).toThrow(expect.objectContaining({ code: 'payment/wrong-network' }));
  });
});

function privateKey(): string {
  return BIP32Factory(secp256k1).fromSeed(new Uint8Array(32).fill(1), regtest.prefixes).toBase58();
}
