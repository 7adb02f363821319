import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import { hex } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { Turn } from '#shared/turn.ts';
import { milliseconds } from '#shared/units.ts';
import type { CellEvent, CellStatus } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { type Batch, type BatchPorts, prepareBatch } from './batch.ts';
import { openInterlock } from './executor/interlocks.ts';
import { grantedUse, type Use, useOf } from './licences/ledger.ts';
import { boundsOf } from './machine-model.ts';
import { batchResultOf, claimOf, type OutcomePorts } from './outcome.ts';
import { beginPour, burn, type Pour, type PourPorts, pourToEnd } from './pour.ts';
import { requireFeasible } from './stock.ts';

export interface MixerPorts extends BatchPorts, PourPorts, OutcomePorts {
  readonly dispenser: Dispenser;
  readonly config: MachineConfig;
  readonly tell: (event: CellEvent) => void;
  /** What anyone may know of the machine now. */
  status(): CellStatus;
}

const percentEveryMs = 500;

/**
 * The machine's one station: at most one drink is checked or under way. Everything that concerns an order's use goes through
 * here, one step at a time.
 */
export class Mixer {
  readonly #ports: MixerPorts;
  #checked: Batch | null = null;
  #pour: Pour | null = null;
  #ended: Promise<void> = Promise.resolve();
  readonly #turn = new Turn();

  constructor(ports: MixerPorts) {
    this.#ports = ports;
  }

  get state(): 'idle' | 'pouring' | 'held' {
    if (this.#pour === null) return 'idle';
    return this.#pour.run.state.t === 'held' ? 'held' : 'pouring';
  }

  /** Whether no drink is checked or under way. */
  get idle(): boolean {
    return this.#checked === null && this.#pour === null;
  }

  /** Sets a use aside for the order; a repeat answers the same use. */
  reserve(order: string): Promise<Uint8Array> {
    return this.#turn.take(async () => (await this.#reserved(order)).cti ?? new Uint8Array(0));
  }

  /** Unwraps the keys and opens the check piece; answers the published duration. */
  check(order: string): Promise<number> {
    return this.#turn.take(async () => {
      if (this.#checked?.order === order) return this.#checked.manifest.bounds.duration_ms;
      if (this.#checked !== null || this.#pour !== null) throw new Failure('machine/busy');
      const batch = await prepareBatch(order, await this.#reserved(order), this.#ports);
      try {
        requireFeasible(batch.manifest, this.#ports.status());
      } catch (error) {
        await batch[Symbol.asyncDispose]();
        throw error;
      }
      this.#checked = batch;
      return batch.manifest.bounds.duration_ms;
    });
  }

  /** Burns the licence and begins to pour; the end is told as the event `done`. */
  start(order: string): Promise<void> {
    return this.#turn.take(async () => {
      const { books, config, dispenser } = this.#ports;
      const batch = this.#checked;
      if (batch?.order !== order) throw new Failure('order/wrong-state', { order });
      if (books.ledger.quarantined !== null) throw new Failure('machine/quarantined');
      const why = openInterlock(dispenser.inputs());
      if (why !== null) throw new Failure(why);
      const bounds = boundsOf(batch.manifest, config);
      this.#checked = null;
      try {
        await burn(batch, this.#ports);
      } catch (error) {
        await batch[Symbol.asyncDispose]();
        throw error;
      }
      const pour = beginPour(batch, bounds, this.#ports);
      this.#pour = pour;
      this.#ended = this.#toEnd(pour);
    });
  }

  /** Gives a reserved use back; nothing happens when it is burned already. */
  release(order: string): Promise<void> {
    return this.#turn.take(async () => {
      const { books, clock } = this.#ports;
      if (this.#checked?.order === order) {
        const batch = this.#checked;
        this.#checked = null;
        await batch[Symbol.asyncDispose]();
      }
      const use = useOf(books.ledger, order);
      if (use?.stage !== 'reserved') return;
      await books.append({ kind: 'RELEASED', order, kid: use.kid, reason: 'cancelled', at: clock.now() });
    });
  }

  /** Ends a pour at once; resolves when the outputs are off. */
  async stop(order: string): Promise<void> {
    if (this.#pour?.batch.order !== order) throw new Failure('order/wrong-state', { order });
    await this.#pour.run.stop('machine/pour-interrupted', 'guest');
    await this.#ended;
  }

  /** Resolves when no drink is under way and no key is unwrapped. */
  async close(): Promise<void> {
    if (this.#pour !== null) await this.#pour.run.stop('machine/pour-interrupted', 'cell');
    await this.#ended;
    await this.#checked?.[Symbol.asyncDispose]();
    this.#checked = null;
  }

  async #reserved(order: string): Promise<Use> {
    const { books, clock, token } = this.#ports;
    const { ledger } = books;
    if (ledger.quarantined !== null) throw new Failure('machine/quarantined');
    const held = useOf(ledger, order);
    if (held?.stage === 'reserved') return held;
    if (held !== null && held.stage !== 'void') throw new Failure('licence/spent', { stage: held.stage });
    const use = grantedUse(ledger, order);
    if (use?.cti == null) throw new Failure('licence/none', { order });
    if (!token.hasKey(use.label)) throw new Failure('licence/key-gone', { kid: hex(use.kid) });
    await books.append({ kind: 'RESERVED', order, cti: use.cti, kid: use.kid, at: clock.now() });
    return { ...use, stage: 'reserved', order };
  }

  async #toEnd(pour: Pour): Promise<void> {
    const { tell, log, books } = this.#ports;
    const { order } = pour.batch;
    const watching = pour.run.watch((state) => {
      if (state.t === 'held') tell({ event: 'held', body: { order, reason: state.why } });
    });
    using _percent = this.#tellPercent(pour);
    try {
      await pourToEnd(pour, this.#ports);
      await claimOf(order, this.#ports);
      tell({ event: 'done', body: batchResultOf(order, books) });
    } catch (error) {
      log.error('pour not written down', { order, code: isFailure(error) ? error.code : 'unknown' });
      throw error;
    } finally {
      watching[Symbol.dispose]();
      this.#pour = null;
    }
  }

  /** Time gone over the published duration, every 500 ms, never on a piece's edge. */
  #tellPercent({ batch }: Pour): Disposable {
    const { clock, tell, config } = this.#ports;
    const begun = clock.monotonic();
    const duration = batch.manifest.bounds.duration_ms / config.simulation.speed;
    const { order } = batch;
    const tick = (): Disposable =>
      clock.after(milliseconds(percentEveryMs), () => {
        const percent = Math.min(99, Math.floor((100 * (clock.monotonic() - begun)) / duration));
        tell({ event: 'percent', body: { order, percent } });
        timer = tick();
      });
    let timer = tick();
    return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }
}
