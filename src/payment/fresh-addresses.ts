import { Failure } from '#shared/failure.ts';
import { Turn } from '#shared/turn.ts';
import type { AddressBook, ReceivingAddress } from './address-book.ts';
import type { ChainSource } from './chain-source.ts';

/** How many used addresses in a row are stepped over before it is taken for a mistake. */
const widestGap = 200;

/**
 * Addresses that the chain has never seen, each answered once: a store restored from an old copy steps over what was handed
 * out since. One whose look failed is tried again by the next caller:
 * while the chain is out of reach no address is used up, and the operator's wallet finds all money within its gap limit.
 */
export class FreshAddresses {
  readonly #book: AddressBook;
  readonly #chain: Pick<ChainSource, 'look'>;
  readonly #turn = new Turn();
  #spare: ReceivingAddress | null = null;

  constructor(book: AddressBook, chain: Pick<ChainSource, 'look'>) {
    this.#book = book;
    this.#chain = chain;
  }

  /** @throws Failure `payment/unknown`, `payment/wrong-network`, `payment/address-reused` after 200 used ones, `disk/failed` */
  next(): Promise<ReceivingAddress> {
    return this.#turn.take(async () => {
      for (let tried = 0; tried < widestGap; tried += 1) {
        const address = this.#spare ?? (await this.#book.next());
        this.#spare = address;
        const { outputs } = await this.#chain.look(address);
        this.#spare = null;
        if (outputs.length === 0) return address;
      }
      throw new Failure('payment/address-reused', { tried: widestGap });
    });
  }
}
