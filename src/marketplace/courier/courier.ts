import { z } from 'zod';
import type { Clock } from '#shared/clock.ts';
import { isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { milliseconds } from '#shared/units.ts';
import { licenceTopic, noticeTopic, revokeTopic } from '#wire/marketplace-api.ts';
import { bytes, whole } from '../database/columns.ts';
import { all, type Database, type Transaction } from '../database/database.ts';

/** Where messages go. */
export interface Broker {
  /** Resolves when the broker has taken the message (QoS 1); @throws Failure `broker/unreachable`. */
  publish(topic: string, payload: Uint8Array): Promise<void>;
  /** Calls `listener` at each (re)connection. */
  onConnected(listener: () => void): void;
}

export interface CourierPorts {
  readonly database: Database;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly log: Log;
}

const waitingRow = z.object({ id: whole, machine: z.string(), topic: z.string(), payload: bytes });
const pageSize = 100;
const retryAfter = milliseconds(5000);

/**
 * Publishes what lies in the outbox, in order and at least once: after each commit, at each connection of the broker,
 * and every few seconds while something waits.
 */
export class Courier implements AsyncDisposable {
  readonly #ports: CourierPorts;
  #running: Promise<void> | null = null;
  #again = false;
  #retry: Disposable | null = null;
  #stopped = false;

  constructor(ports: CourierPorts) {
    this.#ports = ports;
    ports.broker.onConnected(() => this.wake());
  }

  /** Puts a licence and the notice of it into the outbox, in the transaction that issues it. */
  async put(transaction: Transaction, machine: string, licence: Uint8Array): Promise<void> {
    const sql = 'insert into courier.outbox (machine, topic, payload, created) values ($1, $2, $3, $4)';
    const now = this.#ports.clock.now();
    await transaction.query(sql, [machine, licenceTopic(machine), licence, now]);
    await transaction.query(sql, [machine, noticeTopic(machine), new Uint8Array(0), now]);
  }

  /** Puts a REVOKE into the outbox, in the transaction that revokes. */
  async putRevocation(transaction: Transaction, machine: string, message: Uint8Array): Promise<void> {
    const sql = 'insert into courier.outbox (machine, topic, payload, created) values ($1, $2, $3, $4)';
    await transaction.query(sql, [machine, revokeTopic(machine), message, this.#ports.clock.now()]);
  }

  /** Starts publishing unless it is under way; never fails. */
  wake(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
      if (this.#again) this.wake();
    });
  }

  /** Resolves when nothing is being published any more. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#retry?.[Symbol.dispose]();
    await this.idle();
  }

  async #drain(): Promise<void> {
    const { clock, log } = this.#ports;
    this.#retry?.[Symbol.dispose]();
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        while (!this.#stopped && (await this.#publishPage()) === pageSize);
      }
    } catch (error) {
      this.#again = false;
      log.warn('outbox-waits', { code: isFailure(error) ? error.code : 'unknown', reason: String(error) });
      if (!this.#stopped) this.#retry = clock.after(retryAfter, () => this.wake());
    }
  }

  async #publishPage(): Promise<number> {
    const { database, broker, clock } = this.#ports;
    const sql = 'select id, machine, topic, payload from courier.outbox where sent is null order by id limit $1';
    const waiting = await all(database, waitingRow, sql, [pageSize]);
    for (const { id, topic, payload } of waiting) {
      if (this.#stopped) break;
      await broker.publish(topic, payload);
      await database.query('update courier.outbox set sent = $2 where id = $1', [id, clock.now()]);
    }
    return waiting.length;
  }
}
