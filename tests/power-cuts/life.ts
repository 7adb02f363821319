import { randomUUID } from 'node:crypto';
import { assembleCell } from '#cell/assemble.ts';
import type { CellParts } from '#cell/cell-parts.ts';
import { freePrekeys } from '#cell/licences/ledger.ts';
import { deskOperations } from '#cell/operations.ts';
import type { Clock } from '#shared/clock.ts';
import { Failure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import type { BatchResult, CellAnswer, CellEvent, CellOperation, CellRequest } from '#wire/cell-api.ts';
import type { Payload } from '#wire/messages.ts';
import { sha256 } from '#wire/signed-message.ts';
import { Fuse } from './fuse.ts';
import type { Machine } from './machine.ts';

/** One process of the cell, from its start to wherever its fuse ends it, with the test in place of desk. */
export class Life {
  readonly machine: Machine;
  readonly fuse: Fuse;
  #parts: (CellParts & AsyncDisposable) | null = null;
  readonly #clock: MortalClock;
  readonly #done = new Map<string, BatchResult>();
  #heard = Promise.withResolvers<void>();

  constructor(machine: Machine, fuse = new Fuse()) {
    this.machine = machine;
    this.fuse = fuse;
    this.#clock = new MortalClock(machine.clock);
  }

  /**
   * Starts the cell and plays `story`; answers whether the process came to its end. What a story throws is thrown.
   */
  async play(story: (life: Life) => Promise<void>): Promise<'cut' | 'through'> {
    const whole = this.#boot().then(() => story(this));
    try {
      return await this.machine.clock.until(Promise.race([whole.then(() => 'through' as const), this.fuse.blown]));
    } finally {
      this.#end();
    }
  }

  async #boot(): Promise<void> {
    const { world, card, keys, farEnd } = this.machine;
    this.#parts = await assembleCell({
      config: world.config,
      token: await keys.open(this.fuse),
      disk: card.disk(this.fuse),
      clock: this.#clock,
      entropy: systemEntropy,
      log: silentLog,
      dispenser: farEnd.dispenser(this.fuse),
      tell: (event) => this.#hear(event),
      broken: (error) => {
        throw error;
      },
    });
  }

  /** A process's memory, and whatever it waited for, is gone with it. */
  #end(): void {
    this.fuse.blow();
    this.#clock.stop();
    const buffers = this.#parts?.buffers as Partial<Disposable> | undefined;
    buffers?.[Symbol.dispose]?.();
  }

  #hear(event: CellEvent): void {
    if (event.event !== 'done' || this.fuse.isBlown) return;
    this.#done.set(event.body.order, event.body);
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }

  get parts(): CellParts {
    if (this.#parts === null) throw new Error('the cell is not up yet');
    return this.#parts;
  }

  async ask<O extends CellOperation>(name: O, body: CellRequest<O>): Promise<CellAnswer<O>> {
    const operation = deskOperations(this.parts).get(name);
    if (operation === undefined) throw new Failure('message/unknown-operation', { op: name });
    return operation.answer.parse(await operation.run(operation.request.parse(body))) as CellAnswer<O>;
  }

  async done(order: string): Promise<BatchResult> {
    for (;;) {
      const result = this.#done.get(order);
      if (result !== undefined) return result;
      await this.#heard.promise;
    }
  }

  async upload(file: Uint8Array): Promise<void> {
    const { upload } = await this.ask('spool_begin', { size: file.length });
    await this.ask('spool_chunk', { upload, at: 0, bytes: file });
    await this.ask('spool_end', { upload });
  }

  async sendPrekeys(): Promise<void> {
    const { market, anchors } = this.machine.world;
    const { message } = await this.ask('prekeys', {});
    if (message === null) return;
    market.takePrekeys(message, anchors);
    await this.ask('prekeys_booked', { digest: sha256(message) });
  }

  /** The ORDER of an order id. */
  async order(order: string = randomUUID()): Promise<{ order: string; message: Uint8Array }> {
    const { machine, market, drink } = this.machine.world;
    const { recipe_id: recipe, version } = drink.manifest;
    const { nonce } = await this.ask('offer_nonce', { recipe, version });
    const offer = await market.offer(machine, drink, nonce);
    return { order, message: (await this.ask('order', { order, offer })).message };
  }

  /** A LICENCE because of an order, or of a claim that it replaces. */
  async licence(because: { readonly order: Uint8Array } | { readonly replaces: Uint8Array }): Promise<Uint8Array> {
    const { machine, market, drink } = this.machine.world;
    const { ledger } = this.parts.books;
    const kids = freePrekeys(ledger).slice(0, 1);
    const changes: Partial<Payload<'LICENCE'>> = { seq: ledger.lastSeq + 1 };
    return market.licence(
      await market.claims(
        machine,
        drink,
        because,
        kids.map(({ kid }) => kid),
        changes,
      ),
    );
  }
}

/** A clock whose alarms end with the process that set them. */
class MortalClock implements Clock {
  readonly #real: Clock;
  readonly #alarms = new Set<Disposable>();
  #isStopped = false;

  constructor(real: Clock) {
    this.#real = real;
  }

  now() {
    return this.#real.now();
  }

  monotonic() {
    return this.#real.monotonic();
  }

  after(...[delay, task]: Parameters<Clock['after']>): Disposable {
    if (this.#isStopped) return { [Symbol.dispose]() {} };
    const alarm = this.#real.after(delay, () => {
      this.#alarms.delete(alarm);
      task();
    });
    this.#alarms.add(alarm);
    return alarm;
  }

  stop(): void {
    this.#isStopped = true;
    for (const alarm of this.#alarms) alarm[Symbol.dispose]();
    this.#alarms.clear();
  }
}
