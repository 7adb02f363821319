import { type Clock, pause } from '#shared/clock.ts';
import type { Connection } from '#shared/connection.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { milliseconds } from '#shared/units.ts';
import type { CellEvent } from '#wire/cell-api.ts';
import { type CellClient, cellClient } from './cell-client.ts';

export interface CellLinkPorts {
  connect(): Promise<Connection>;
  readonly clock: Clock;
  readonly log: Log;
}

const retryMs = 500;
/** The longest answer is the check of a large file; a cell that takes longer is taken for lost. */
const patience = milliseconds(60_000);

/** The connection to the cell, made again whenever it is lost. */
export class CellLink implements Pick<CellClient, 'ask'>, AsyncDisposable {
  readonly #ports: CellLinkPorts;
  readonly #stop = new AbortController();
  readonly #eventListeners: ((event: CellEvent) => void)[] = [];
  readonly #stateListeners: ((up: boolean) => void)[] = [];
  readonly #running: Promise<void>;
  #client: CellClient | null = null;

  constructor(ports: CellLinkPorts) {
    this.#ports = ports;
    this.#running = this.#run();
  }

  get up(): boolean {
    return this.#client !== null;
  }

  readonly ask: CellClient['ask'] = async (operation, body) => {
    const client = this.#client;
    if (client === null) throw new Failure('machine/cell-unreachable');
    // what was asked before is answered as lost with it
    using _patience = this.#ports.clock.after(patience, () => {
      this.#ports.log.warn('cell does not answer', { operation });
      client.close();
    });
    return await client.ask(operation, body);
  };

  onEvent(listener: (event: CellEvent) => void): void {
    this.#eventListeners.push(listener);
  }

  /** Called with true after each connect, with false after each loss. */
  onState(listener: (up: boolean) => void): void {
    this.#stateListeners.push(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#client?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#ports;
    while (!this.#stop.signal.aborted) {
      const client = await this.#connect();
      if (client !== null) {
        const lost = new Promise<void>((resolve) => client.onClose(resolve));
        this.#set(client);
        await lost;
        this.#set(null);
        log.warn('cell lost');
      }
      await pause(clock, milliseconds(retryMs), this.#stop.signal).catch(() => {});
    }
  }

  async #connect(): Promise<CellClient | null> {
    try {
      const client = cellClient(await this.#ports.connect());
      client.onEvent((event) => {
        for (const listener of this.#eventListeners) listener(event);
      });
      return client;
    } catch {
      return null;
    }
  }

  #set(client: CellClient | null): void {
    this.#client = client;
    for (const listener of this.#stateListeners) listener(client !== null);
  }
}
