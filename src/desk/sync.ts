import { isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { Turn } from '#shared/turn.ts';
import { sha256 } from '#wire/signed-message.ts';
import type { CellClient } from './cell/cell-client.ts';
import type { MarketplaceClient } from './marketplace/marketplace-client.ts';

export interface SyncPorts {
  readonly cell: Pick<CellClient, 'ask'>;
  readonly marketplace: MarketplaceClient;
  readonly log: Log;
}

/** How an outcome was taken by licensing. */
export type Booking = 'booked' | 'licence_follows' | 'refused';

/** The post between cell and licensing. Everything may be repeated; one call runs at a time, others join the next. */
export class Sync {
  readonly #ports: SyncPorts;
  readonly #turn = new Turn();

  constructor(ports: SyncPorts) {
    this.#ports = ports;
  }

  /** Reports the journal's head, books prekeys, fetches licences. @throws Failure `machine/quarantined` and what asking throws */
  all(): Promise<void> {
    return this.#turn.take(async () => {
      await this.#head();
      await this.#prekeys();
      await this.#licences();
    });
  }

  /** Fetches the licences that wait; what MQTT brings is only a notice for this. */
  licences(): Promise<void> {
    return this.#turn.take(() => this.#licences());
  }

  /** Sends the USAGE or VOID_CLAIM of an ended order, until licensing has it. */
  outcome(order: string): Promise<Booking> {
    return this.#turn.take(async () => {
      const { cell, marketplace } = this.#ports;
      const { batch, message } = await cell.ask('outcome', { order });
      const answer = batch.void_claim ? await marketplace.voidClaim(message) : await marketplace.usage(message);
      if (answer !== null) await cell.ask('outcome_booked', { order, message: answer });
      await this.#licences();
      if (!batch.void_claim) return 'booked';
      return answer === null ? 'licence_follows' : 'refused';
    });
  }

  async #head(): Promise<void> {
    const { cell, marketplace } = this.#ports;
    const { message } = await cell.ask('head', {});
    await cell.ask('head_answer', { message: await marketplace.head(message) });
  }

  async #prekeys(): Promise<void> {
    const { cell, marketplace } = this.#ports;
    const { message } = await cell.ask('prekeys', {});
    if (message === null) return;
    await marketplace.prekeys(message);
    await cell.ask('prekeys_booked', { digest: sha256(message) });
  }

  async #licences(): Promise<void> {
    const { cell, marketplace, log } = this.#ports;
    for (;;) {
      const { last_seq: last } = await cell.ask('status', {});
      const page = await marketplace.licencesAfter(last);
      for (const message of page) {
        try {
          const { ack } = await cell.ask('licence', { message });
          await marketplace.ack(ack);
        } catch (error) {
          log.error('licence not taken', { code: isFailure(error) ? error.code : 'unknown' });
          throw error;
        }
      }
      if (page.length < 16) return;
    }
  }
}
