import { isFailure, Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { Turn } from '#shared/turn.ts';
import type { CellAnswer } from '#wire/cell-api.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import { sha256 } from '#wire/signed-message.ts';
import type { CellClient } from './cell/cell-client.ts';
import type { MarketplaceClient } from './marketplace/marketplace-client.ts';

export interface SyncPorts {
  readonly cell: Pick<CellClient, 'ask'>;
  readonly marketplace: Omit<MarketplaceClient, 'listings' | 'sealed' | 'picture' | 'offer' | 'order'>;
  /** Is told which licences the cell has stored. */
  readonly licencePost: { tell(seq: number): void };
  readonly log: Log;
}

/** How an outcome was taken by licensing. */
export type Booking = 'booked' | 'licence_follows' | 'refused';

/** Pushed licences that may wait for their turn; what comes beyond is fetched instead. */
const pushLimit = 16;
/** Acknowledgements that may wait for a marketplace that does not take them. */
const ackLimit = 64;

/** The post between cell and licensing. Everything may be repeated; one call runs at a time, others wait for their turn. */
export class Sync {
  readonly #ports: SyncPorts;
  readonly #turn = new Turn();
  #acks: Uint8Array[] = [];
  #pushed = 0;

  constructor(ports: SyncPorts) {
    this.#ports = ports;
  }

  /**
   * Brings the cell the time, reports the journal's head, books prekeys, fetches licences and what is revoked.
   * @throws Failure `machine/quarantined` and `machine/retired`, with which everything else stays undone, and what asking throws
   */
  all(): Promise<void> {
    return this.#turn.take(async () => {
      await this.#time();
      await this.#head();
      await this.#prekeys();
      await this.#licences();
      await this.#statusList();
    });
  }

  /** Fetches the licences that wait; what MQTT brings is only a notice for this. */
  licences(): Promise<void> {
    return this.#turn.take(() => this.#licences());
  }

  /** Takes in a licence that the broker pushed. One that does not come in order is fetched with those before it. */
  async pushed(message: Uint8Array): Promise<void> {
    if (this.#pushed >= pushLimit) return;
    this.#pushed += 1;
    try {
      await this.#turn.take(() => this.#takeInOrder(message));
    } finally {
      this.#pushed -= 1;
    }
  }

  /** Hands a REVOKE in that the broker pushed. */
  async revoked(message: Uint8Array): Promise<void> {
    if (this.#pushed >= pushLimit) return;
    this.#pushed += 1;
    try {
      await this.#turn.take(() => this.#handIn(message));
    } finally {
      this.#pushed -= 1;
    }
  }

  /**
   * Sends the USAGE or VOID_CLAIM of an ended order, until licensing has it.
   * @throws Failure `licence/spent` when licensing was told something else about this use: a copy of the machine has poured
   * it, too, and a person has to look into it
   */
  outcome(order: string): Promise<Booking> {
    return this.#turn.take(async () => {
      const { cell, marketplace } = this.#ports;
      const { batch, message } = await cell.ask('outcome', { order });
      const answer = batch.void_claim ? await marketplace.voidClaim(message) : await marketplace.usage(message);
      if (answer !== null) await cell.ask('outcome_booked', { order, message: answer });
      if (!batch.void_claim && answer !== null && isRefusal(answer)) throw new Failure('licence/spent', { order });
      if (!batch.void_claim) return 'booked';
      if (answer !== null) return 'refused';
      await this.#licences();
      return 'licence_follows';
    });
  }

  /** A TIME that the cell does not take, because it was late, is asked for again with the next sync. */
  async #time(): Promise<void> {
    const { cell, marketplace, log } = this.#ports;
    const { nonce } = await cell.ask('time_nonce', {});
    if (nonce === null) return;
    const message = await marketplace.time(nonce);
    try {
      await cell.ask('time', { message });
    } catch (error) {
      if (!isFailure(error) || error.code === 'machine/cell-unreachable') throw error;
      log.warn('time not taken', { code: error.code });
    }
  }

  async #statusList(): Promise<void> {
    const { marketplace } = this.#ports;
    await this.#handIn(await marketplace.statusList());
  }

  async #handIn(message: Uint8Array): Promise<void> {
    const { cell, log } = this.#ports;
    const { withdrawn } = await cell.ask('revocations', { message });
    if (withdrawn > 0) log.warn('uses withdrawn', { withdrawn });
  }

  async #head(): Promise<void> {
    let answer = await this.#tellHead();
    // the first head of the epoch that the release began
    if (answer.released) answer = await this.#tellHead();
    if (answer.quarantined) throw new Failure('machine/quarantined');
    if (answer.tell_again) await this.#tellAgain();
  }

  /** What licensing has lost, page by page: licences first, because outcomes are booked against them. */
  async #tellAgain(): Promise<void> {
    const { cell, log } = this.#ports;
    let after = 0;
    for (;;) {
      const { items } = await cell.ask('forgotten', { after });
      if (items.length === 0) break;
      for (const item of items) await this.#tellItem(item);
      after += items.length;
    }
    await cell.ask('told_again', {});
    log.warn('told licensing again what it had lost', { messages: after });
  }

  async #tellItem({ kind, kid, message }: CellAnswer<'forgotten'>['items'][number]): Promise<void> {
    const { cell, marketplace } = this.#ports;
    if (message === null) return;
    if (kind === 'licence') return marketplace.recover(message);
    const answer = kind === 'usage' ? await marketplace.usage(message) : await marketplace.voidClaim(message);
    if (answer !== null && kid !== null) await cell.ask('outcome_told', { kid, message: answer });
  }

  /** The last word of a machine that is being taken out of service. */
  async #farewell(): Promise<void> {
    const { cell, marketplace, log } = this.#ports;
    const { message } = await cell.ask('farewell', {});
    if (message === null) return;
    await marketplace.decommission(message);
    await cell.ask('farewell_booked', {});
    log.warn('decommissioned');
  }

  async #tellHead(): Promise<CellAnswer<'head_answer'>> {
    const { cell, marketplace } = this.#ports;
    const { message } = await cell.ask('head', {}).catch(async (error: unknown) => {
      if (isFailure(error, 'machine/retired')) await this.#farewell();
      throw error;
    });
    return cell.ask('head_answer', { message: await marketplace.head(message) });
  }

  async #prekeys(): Promise<void> {
    const { cell, marketplace } = this.#ports;
    const { message } = await cell.ask('prekeys', {});
    if (message === null) return;
    await marketplace.prekeys(message);
    await cell.ask('prekeys_booked', { digest: sha256(message) });
  }

  /** Page by page until none is left; a page that brings the cell no further is the last. */
  async #licences(): Promise<void> {
    const { cell, marketplace, log } = this.#ports;
    await this.#sendAcks();
    for (let before = -1; ; ) {
      const { last_seq: last, damaged_licences: damaged } = await cell.ask('status', {});
      if (before === -1) await this.#mend(damaged);
      if (last === before) return;
      before = last;
      const page = await marketplace.licencesAfter(last);
      if (page.length === 0) return;
      for (const message of page) {
        try {
          await this.#take(message);
        } catch (error) {
          log.error('licence not taken', { code: isFailure(error) ? error.code : 'unknown' });
          throw error;
        }
      }
      await this.#sendAcks();
    }
  }

  /** Fetches again what is damaged on the cell's disk. */
  async #mend(damaged: readonly number[]): Promise<void> {
    for (const seq of damaged) {
      const [message] = await this.#ports.marketplace.licencesAfter(seq - 1);
      if (message !== undefined) await this.#take(message);
    }
  }

  async #takeInOrder(message: Uint8Array): Promise<void> {
    try {
      await this.#take(message);
      await this.#sendAcks();
    } catch (error) {
      if (!isFailure(error, 'licence/gap')) throw error;
      await this.#licences();
    }
  }

  async #take(message: Uint8Array): Promise<void> {
    const { cell, licencePost } = this.#ports;
    const { ack, seq } = await cell.ask('licence', { message });
    this.#acks = [...this.#acks, ack].slice(-ackLimit);
    licencePost.tell(seq);
  }

  /** A licence is as good without its acknowledgement: what is not taken now is sent with the next. */
  async #sendAcks(): Promise<void> {
    const { marketplace, log } = this.#ports;
    for (const ack of this.#acks) {
      try {
        await marketplace.ack(ack);
      } catch (error) {
        if (!isFailure(error)) throw error;
        log.warn('acknowledgement not taken', { code: error.code });
        if (isFailure(error, 'marketplace/unreachable')) return;
      }
      this.#acks = this.#acks.filter((one) => one !== ack);
    }
  }
}

/** Whether an answer is a REFUSED; only the cell judges whose it is. */
function isRefusal(message: Uint8Array): boolean {
  try {
    return decodeSign1(message, 64 * 1024).type === 'application/decant-refused+cbor';
  } catch (error) {
    if (isFailure(error)) return false;
    throw error;
  }
}
