import * as secp256k1 from '@bitcoinerlab/secp256k1';
import { BIP32Factory, type BIP32Interface } from 'bip32';
import { Failure } from '#shared/failure.ts';
import type { BitcoinNetwork } from './network.ts';

const shape =
  /^wpkh\(\[(?<fingerprint>[0-9a-f]{8})(?<origin>(?:\/\d{1,10}(?:h|'))*)\](?<key>[1-9A-HJ-NP-Za-km-z]{80,120})\/(?<branch>\d{1,10})\/\*\)(?:#(?<checksum>[02-9ac-hj-np-z]{8}))?$/;

/** What a watch-only receiving account is: an extended public key and the branch whose children are addresses. */
export interface AccountDescriptor {
  /** Fingerprint of the wallet's root, 8 hexadecimal digits. */
  readonly fingerprint: string;
  /** Path from that root to the key, such as `/84h/1h/0h`. */
  readonly origin: string;
  /** The branch's public node; `derive(i)` is the key of address i. */
  readonly branch: BIP32Interface;
}

/**
 * Reads `wpkh([fingerprint/84h/1h/0h]tpub…/0/*)`, with or without its checksum (BIP380, BIP382).
 * @throws Failure `config/invalid` for anything else, a private key or a wrong checksum;
 *   `payment/wrong-network` when the key is of another network.
 */
export function readDescriptor(text: string, network: BitcoinNetwork): AccountDescriptor {
  const parts = shape.exec(text)?.groups;
  if (parts === undefined) throw invalid('not of the form wpkh([fingerprint/path]xpub/branch/*)');
  const { fingerprint = '', origin = '', key = '', branch = '', checksum } = parts;
  if (checksum !== undefined && checksum !== descriptorChecksum(text.slice(0, -9))) throw invalid('wrong checksum');
  const account = readKey(key, network);
  if (!account.isNeutered()) throw invalid('a private key where only a public one belongs');
  if (Number(branch) > 0x7fffffff) throw invalid('branch out of range');
  return { fingerprint, origin, branch: account.derive(Number(branch)) };
}

function readKey(key: string, network: BitcoinNetwork): BIP32Interface {
  const otherPrefix = network.money ? /^[tuv](pub|prv)/ : /^[xyz](pub|prv)/;
  if (otherPrefix.test(key))
    throw new Failure('payment/wrong-network', { network: network.name, key: key.slice(0, 4) });
  try {
    return BIP32Factory(secp256k1).fromBase58(key, network.prefixes);
  } catch (error) {
    throw invalid('unreadable extended key', error);
  }
}

const invalid = (reason: string, cause?: unknown): Failure =>
  new Failure('config/invalid', { option: 'descriptor', reason }, cause);

const inputCharset =
  '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ ';
const checksumCharset = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generator = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn];

/** The eight characters that follow `#` in an output descriptor (BIP380 "Checksum"). */
export function descriptorChecksum(text: string): string {
  let checksum = 1n;
  const feed = (value: number): void => {
    const top = checksum >> 35n;
    checksum = ((checksum & 0x7ffffffffn) << 5n) ^ BigInt(value);
    generator.forEach((term, bit) => {
      if ((top >> BigInt(bit)) & 1n) checksum ^= term;
    });
  };
  let groups: number[] = [];
  for (const character of text) {
    const position = inputCharset.indexOf(character);
    if (position < 0) throw invalid('character outside the descriptor alphabet');
    feed(position & 31);
    groups.push(position >> 5);
    if (groups.length === 3) {
      feed(groupsAsOne(groups));
      groups = [];
    }
  }
  if (groups.length > 0) feed(groupsAsOne(groups));
  for (let i = 0; i < 8; i += 1) feed(0);
  checksum ^= 1n;
  let out = '';
  for (let i = 7; i >= 0; i -= 1) out += checksumCharset.charAt(Number((checksum >> BigInt(5 * i)) & 31n));
  return out;
}

const groupsAsOne = (groups: readonly number[]): number => groups.reduce((sum, group) => sum * 3 + group, 0);
