import { payments } from 'bitcoinjs-lib';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { Turn } from '#shared/turn.ts';
import { readDescriptor } from './descriptor.ts';
import type { BitcoinNetwork } from './network.ts';

/** Where the next unused address index is kept. */
export interface IndexStore {
  /**
   * An index that was never answered before, by this process or an earlier one. Resolves only when the fact that it
   * is taken would survive a power cut (fsync). Not idempotent: a repeat wastes an index, which is harmless.
   */
  reserveNext(): Promise<number>;
}

export interface ReceivingAddress {
  readonly index: number;
  readonly address: string;
  /** The output script that the address stands for, lower-case hexadecimal. */
  readonly script: string;
}

/** Receiving addresses of one watch-only BIP84 account, each handed out once. */
export interface AddressBook {
  /** @throws Failure `payment/address-reused` when the store answers an index again; `disk/failed`. */
  next(): Promise<ReceivingAddress>;
  /** The address at `index`, for reconciliation; hands nothing out. */
  at(index: number): ReceivingAddress;
}

/**
 * The book of `descriptor`, such as `wpkh([d34db33f/84h/1h/0h]tpub…/0/*)`.
 * @throws Failure `config/invalid`, `payment/wrong-network`.
 */
export function addressBook(descriptor: string, network: BitcoinNetwork, indexes: IndexStore): AddressBook {
  const { branch } = readDescriptor(descriptor, network);
  let last = -1;
  const turn = new Turn();

  const at = (index: number): ReceivingAddress => {
    const { address, output } = payments.p2wpkh({ pubkey: branch.derive(index).publicKey, network: network.prefixes });
    if (address === undefined || output === undefined) throw new Error('a compressed key has a P2WPKH address');
    return { index, address, script: hex(output) };
  };
  const reserve = async (): Promise<ReceivingAddress> => {
    const index = await indexes.reserveNext();
    if (index <= last) throw new Failure('payment/address-reused', { index });
    last = index;
    return at(index);
  };
  return {
    at,
    next: () => turn.take(reserve),
  };
}
