import * as secp256k1 from '@bitcoinerlab/secp256k1';
import { BIP32Factory, type BIP32Interface } from 'bip32';
import { payments } from 'bitcoinjs-lib';
import { descriptorChecksum } from '#payment/descriptor.ts';
import type { BitcoinNetwork } from '#payment/network.ts';
import { type Entropy, hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';

export interface OwnAddress {
  readonly address: string;
  readonly script: Uint8Array;
  readonly key: BIP32Interface;
}

/** A BIP84 account at m/84'/1'/0' with its private keys; for coins without a price only. */
export interface DemoAccount {
  readonly network: BitcoinNetwork;
  /** What a machine pins to receive on this account: public keys only. */
  readonly descriptor: string;
  /** Address `index` of the branch: 0 receives, 1 takes change. */
  own(branch: 0 | 1, index: number): OwnAddress;
}

/** A fresh account. @throws Failure `payment/wrong-network` for a network whose coins have a price. */
export function demoAccount(network: BitcoinNetwork, entropy: Entropy): DemoAccount {
  if (network.money) throw new Failure('payment/wrong-network', { network: network.name });
  const root = BIP32Factory(secp256k1).fromSeed(entropy.bytes(32), network.prefixes);
  const account = root.derivePath("m/84'/1'/0'");
  const body = `wpkh([${hex(root.fingerprint)}/84h/1h/0h]${account.neutered().toBase58()}/0/*)`;
  return {
    network,
    descriptor: `${body}#${descriptorChecksum(body)}`,
    own(branch, index) {
      const key = account.derive(branch).derive(index);
      const { address, output } = payments.p2wpkh({ pubkey: key.publicKey, network: network.prefixes });
      if (address === undefined || output === undefined) throw new Error('a compressed key has a P2WPKH address');
      return { address, script: output, key };
    },
  };
}
