import { address as addresses, Psbt } from 'bitcoinjs-lib';
import { readPaymentUri } from '#payment/uri.ts';
import { Failure } from '#shared/failure.ts';
import { type Satoshi, satoshi } from '#shared/units.ts';
import type { DemoAccount, OwnAddress } from './demo-account.ts';
import type { Coin, RegtestNode } from './regtest-node.ts';

export interface Payment {
  readonly txid: string;
  /** The signed transaction, hexadecimal. */
  readonly hex: string;
  readonly fee: Satoshi;
}

export interface PaymentOutput {
  readonly address: string;
  readonly amount: Satoshi;
}

export interface DemoWalletOptions {
  readonly account: DemoAccount;
  /** The chain whose block rewards go to the account's first address. */
  readonly chain: Pick<RegtestNode, 'coins' | 'submit' | 'mine'>;
  /** Mine one block right after each payment, so that an invoice settles without waiting. */
  readonly mineAfterPayment: boolean;
}

interface OwnCoin extends Coin {
  readonly at: OwnAddress;
}

const satoshiPerVirtualByte = 2n;
/** The smallest P2WPKH output that nodes relay. */
const dust = 294n;

/** A customer's phone for the demo: it owns keys and coins of the test chain and pays `bitcoin:` URIs. */
export class DemoWallet {
  readonly #options: DemoWalletOptions;
  readonly #addresses: OwnAddress[];
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: DemoWalletOptions) {
    this.#options = options;
    this.#addresses = [options.account.own(0, 0)];
  }

  /** Pays the request of a URI; payments take turns. @throws Failure `usage/wrong`, `payment/wrong-network`, `payment/balance-low`, `payment/refused`. */
  async payUri(uri: string): Promise<Payment> {
    const request = readPaymentUri(uri);
    if (request === null) throw new Failure('usage/wrong', { reason: 'not a payment request' });
    return this.pay([request]);
  }

  /** Pays several outputs in one transaction; the same failures but the first. */
  pay(outputs: readonly PaymentOutput[]): Promise<Payment> {
    const { chain, mineAfterPayment } = this.#options;
    const turn = this.#queue.then(async () => {
      const payment = await this.prepare(outputs);
      await chain.submit(payment.hex);
      if (mineAfterPayment) await chain.mine(1);
      return payment;
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Signs what `pay` would hand in now. Two prepared in a row spend the same coins: the second is a double spend. */
  async prepare(outputs: readonly PaymentOutput[]): Promise<Payment> {
    const wanted = outputs.reduce((sum, output) => sum + output.amount, 0n);
    const inputs: OwnCoin[] = [];
    let gathered = 0n;
    for (const coin of await this.#spendable()) {
      inputs.push(coin);
      gathered += coin.value;
      const fee = feeOf(inputs.length, outputs.length + 1);
      if (gathered >= wanted + fee + dust) return this.#sign(inputs, outputs, satoshi(gathered - wanted - fee), fee);
    }
    throw new Failure('payment/balance-low', { balance: `${gathered}`, wanted: `${wanted}` });
  }

  async #spendable(): Promise<OwnCoin[]> {
    const coins: OwnCoin[] = [];
    for (const at of this.#addresses) {
      for (const coin of await this.#options.chain.coins(at.address)) if (coin.mature) coins.push({ ...coin, at });
    }
    return coins.sort((a, b) => Number(b.value - a.value));
  }

  #sign(inputs: readonly OwnCoin[], outputs: readonly PaymentOutput[], change: Satoshi, fee: Satoshi): Payment {
    const { account } = this.#options;
    const psbt = new Psbt({ network: account.network.prefixes });
    for (const { txid, vout, value, at } of inputs) {
      psbt.addInput({ hash: txid, index: vout, witnessUtxo: { script: at.script, value } });
    }
    for (const { address, amount } of outputs) psbt.addOutput({ script: this.#scriptOf(address), value: amount });
    const back = account.own(1, this.#addresses.length - 1);
    this.#addresses.push(back);
    psbt.addOutput({ address: back.address, value: change });
    for (const [index, { at }] of inputs.entries()) psbt.signInput(index, at.key);
    const transaction = psbt.finalizeAllInputs().extractTransaction();
    return { txid: transaction.getId(), hex: transaction.toHex(), fee };
  }

  #scriptOf(address: string): Uint8Array {
    const { network } = this.#options.account;
    try {
      return addresses.toOutputScript(address, network.prefixes);
    } catch (error) {
      throw new Failure('payment/wrong-network', { network: network.name, address }, error);
    }
  }
}

/** Fee of a transaction with P2WPKH inputs and outputs, by the largest size that they can have. */
function feeOf(inputs: number, outputs: number): Satoshi {
  return satoshi(BigInt(11 + 69 * inputs + 43 * outputs) * satoshiPerVirtualByte);
}
