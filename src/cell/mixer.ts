import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import { hex } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { Turn } from '#shared/turn.ts';
import type { CellEvent, CellStatus } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { type Batch, type BatchPorts, prepareBatch } from './batch.ts';
import type { ExactStock } from './exact-stock.ts';
import type { Bounds } from './executor/bounds.ts';
import { openInterlock, requireFilled } from './executor/interlocks.ts';
import { isHeld, isHeldByHand } from './executor/state.ts';
import { grantedUse, type Use, useOf } from './licences/ledger.ts';
import { toldStage } from './licences/told-stage.ts';
import {
  licenceOf,
  obstacleTo,
  priceOf,
  requireGood,
  timeObstacle,
  type UsePrice,
  useAtHand,
  waitsForLicence,
  withdrawnFor,
} from './licences/usable.ts';
import { boundsOf } from './machine-model.ts';
import { batchResultOf, claimOf, type OutcomePorts } from './outcome.ts';
import { beginPour, burn, type Pour, type PourPorts, pourToEnd, voidBurned } from './pour.ts';
import { endToldAfter, publishedTime } from './published-end.ts';
import { blockedLines, requireFeasible } from './stock.ts';
import { tellPercent } from './told-percent.ts';

export interface MixerPorts extends BatchPorts, PourPorts, OutcomePorts {
  readonly dispenser: Dispenser;
  readonly stock: Pick<ExactStock, 'keep' | 'pour' | 'within'>;
  readonly config: MachineConfig;
  readonly tell: (event: CellEvent) => void;
  /** Ends the process, and so every output: the journal says at the next start what is to be done. */
  readonly broken: (error: unknown) => void;
  /** What anyone may know of the machine now. */
  status(): CellStatus;
}

/**
 * The machine's one station: at most one drink is checked or under way. Everything that concerns an order's use goes through
 * here, one step at a time.
 */
export class Mixer {
  readonly #ports: MixerPorts;
  #checked: Batch | null = null;
  #pour: Pour | null = null;
  #ended: Promise<void> = Promise.resolve();
  #closing = false;
  /** A technician has the station. */
  #inService = false;
  readonly #turn = new Turn();

  constructor(ports: MixerPorts) {
    this.#ports = ports;
  }

  get state(): 'idle' | 'pouring' | 'held' | 'service' {
    if (this.#pour === null) return this.#inService ? 'service' : 'idle';
    return isHeld(this.#pour.run.state) ? 'held' : 'pouring';
  }

  /** Whether no drink is checked or under way, and no technician has the station. */
  get idle(): boolean {
    return this.#checked === null && this.#pour === null && !this.#inService;
  }

  /**
   * Keeps the station for a technician until the result is disposed of: no drink is checked meanwhile.
   * @throws Failure `machine/busy` {reason}: a drink is poured, or was paid for and waits for its start; or there is a technician already
   */
  takeForService(): Promise<Disposable> {
    return this.#inTurn(async () => {
      if (this.#pour !== null) throw new Failure('machine/busy', { reason: 'a drink is poured' });
      if (this.#checked !== null) throw new Failure('machine/busy', { reason: 'a drink waits for its start' });
      if (this.#inService) throw new Failure('machine/busy', { reason: 'a service job runs' });
      this.#inService = true;
      return {
        [Symbol.dispose]: () => {
          this.#inService = false;
        },
      };
    });
  }

  /** Sets a use aside for the order; a repeat answers the same use. */
  reserve(order: string): Promise<Uint8Array> {
    return this.#inTurn(async () => (await this.#reserved(order)).cti ?? new Uint8Array(0));
  }

  /**
   * The same, without buying: what was bought for the order already, or a use of the recipe that waits for nobody, with what it
   * cost. Null when none is at hand.
   */
  reserveAtHand(
    order: string,
    recipe: { readonly recipe: Uint8Array; readonly version: number; readonly manifest: Uint8Array },
  ): Promise<(UsePrice & { readonly cti: Uint8Array }) | null> {
    return this.#inTurn(async () => {
      const { books, time } = this.#ports;
      requireGood(books.ledger);
      const held = useOf(books.ledger, order);
      if (held !== null && !['void', 'withdrawn', 'reserved'].includes(held.stage)) {
        throw new Failure('licence/spent', { stage: toldStage(held.stage) });
      }
      const own = held?.stage === 'reserved' ? held : grantedUse(books.ledger, order);
      const use = own ?? useAtHand(books.ledger, recipe, time);
      if (use?.cti == null || !(await this.#setAside(use, order))) return null;
      const price = priceOf(use, books.ledger) ?? { price: 0, licensor: 0, marketplace: 0 };
      return { ...price, cti: use.cti };
    });
  }

  /** Runs work on the uses of licences while no other does. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(work);
  }

  /** Unwraps the keys and opens the check piece; answers the published duration. */
  check(order: string): Promise<number> {
    return this.#inTurn(async () => {
      if (this.#checked?.order === order) return this.#checked.manifest.bounds.duration_ms;
      if (!this.idle) throw new Failure('machine/busy');
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

  /**
   * Burns the licence and begins to pour; the end is told as the event `done`.
   * @throws Failure `order/wrong-state`, `machine/quarantined`, `licence/expired` or what an interlock says: nothing is spent
   * then; `machine/burn-failed` when the use is claimed back; `disk/failed`
   */
  start(order: string): Promise<void> {
    return this.#inTurn(async () => {
      const { books, config, dispenser } = this.#ports;
      const batch = await this.#startable(order);
      await this.#ports.executor.ready();
      const why = openInterlock(dispenser.inputs());
      if (why !== null) throw new Failure(why);
      // a line that fell due since the check still serves this drink, when no other can
      const bounds = boundsOf(batch.manifest, config, books.ledger, blockedLines(this.#ports.status()));
      requireFilled(bounds, config, dispenser.inputs());
      this.#checked = null;
      try {
        await burn(batch, bounds, this.#ports);
        this.#pour = await this.#begun(batch, bounds);
      } catch (error) {
        await batch[Symbol.asyncDispose]();
        throw error;
      }
      this.#ended = this.#toEnd(this.#pour);
    });
  }

  /**
   * Gives a reserved use back; nothing happens when it is burned already. With `givenUp` what was bought for the order and not
   * used is for others from now on.
   */
  release(order: string, givenUp = false): Promise<void> {
    return this.#inTurn(async () => {
      const { books, clock } = this.#ports;
      if (this.#checked?.order === order) await this.#letGo();
      const use = useOf(books.ledger, order);
      if (use?.stage === 'reserved') {
        await books.append({ kind: 'RELEASED', order, kid: use.kid, reason: 'cancelled', at: clock.now() });
      }
      if (givenUp && waitsForLicence(order, books.ledger)) {
        await books.append({ kind: 'GIVEN_UP', order, at: clock.now() });
      }
    });
  }

  /** Ends a pour at once; resolves when it is written down. @throws Failure `order/wrong-state` when there is none */
  async stop(order: string): Promise<void> {
    const { run } = await this.#pourOf(order);
    await run.stop('machine/pour-interrupted', 'guest');
    await this.#ended;
  }

  /**
   * Lets a pour wait. Resolves, and tells it, before the outputs are off: how long that takes would tell whether something flows
   * just then. @throws Failure `order/wrong-state` when there is none
   */
  async hold(order: string): Promise<void> {
    const { run } = await this.#pourOf(order);
    run.hold('guest').catch(() => {
      // it ended by itself
    });
  }

  /** Lets a pour go on that was put on hold. @throws Failure `order/wrong-state` when it was not, or what an interlock says */
  async resume(order: string): Promise<void> {
    const { run } = await this.#pourOf(order);
    if (!isHeldByHand(run.state)) throw new Failure('order/wrong-state', { order });
    const why = openInterlock(this.#ports.dispenser.inputs());
    if (why !== null) throw new Failure(why);
    run.resume('guest').catch((error: unknown) => {
      // stopped, or an interlock lost, meanwhile: it stays as it is
      this.#ports.log.info('not resumed', { order, code: isFailure(error) ? error.code : 'unknown' });
    });
  }

  /** Takes no more orders; resolves when no drink is under way and no key is unwrapped. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#pour?.run.stop('machine/pour-interrupted', 'cell');
    await this.#turn.take(() => this.#letGo());
    await this.#ended;
  }

  /** The pour of this order; a start that is burning has to get there first. */
  async #pourOf(order: string): Promise<Pour> {
    if (this.#pour?.batch.order !== order) await this.#turn.take(() => Promise.resolve());
    if (this.#pour?.batch.order !== order) throw new Failure('order/wrong-state', { order });
    return this.#pour;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turn.take(() => {
      if (this.#closing) throw new Failure('machine/cell-unreachable');
      return work();
    });
  }

  /** The checked batch of this order, if it may still be begun; else its keys are let go. */
  async #startable(order: string): Promise<Batch> {
    const { books, time } = this.#ports;
    const batch = this.#checked;
    if (batch?.order !== order) throw new Failure('order/wrong-state', { order });
    const isGone = books.ledger.uses.get(hex(batch.use.kid))?.stage !== 'reserved';
    const late = isGone ? 'licence/revoked' : timeObstacle(batch.granted, time);
    const why = books.ledger.quarantined === null ? late : 'machine/quarantined';
    if (why === null) return batch;
    await this.#letGo();
    throw new Failure(why);
  }

  /** The pour of a burned licence; what cannot be begun is claimed back. */
  async #begun(batch: Batch, bounds: Bounds): Promise<Pour> {
    try {
      if (this.#closing) throw new Failure('machine/pour-interrupted');
      return beginPour(batch, bounds, this.#ports);
    } catch (error) {
      const reason = isFailure(error) ? error.code : 'unknown';
      await voidBurned(batch, reason, this.#ports);
      throw new Failure('machine/burn-failed', { reason }, error);
    }
  }

  async #letGo(): Promise<void> {
    const batch = this.#checked;
    this.#checked = null;
    await batch?.[Symbol.asyncDispose]();
  }

  async #reserved(order: string): Promise<Use> {
    const { books, time } = this.#ports;
    const { ledger } = books;
    requireGood(ledger);
    const held = useOf(ledger, order);
    if (held?.stage === 'reserved') return held;
    if (held?.stage === 'withdrawn')
      throw new Failure(withdrawnFor(order, ledger, time) ?? 'licence/revoked', { order });
    if (held !== null && held.stage !== 'void') throw new Failure('licence/spent', { stage: toldStage(held.stage) });
    const use = grantedUse(ledger, order);
    if (use === null) throw new Failure(withdrawnFor(order, ledger, time) ?? 'licence/none', { order });
    if (!(await this.#setAside(use, order))) throw new Failure('licence/key-gone', { kid: hex(use.kid) });
    return { ...use, stage: 'reserved', order };
  }

  /** Reserves a use for an order; false when its key is gone. */
  async #setAside(use: Use, order: string): Promise<boolean> {
    const { books, clock, token, time } = this.#ports;
    if (use.stage === 'reserved') return true;
    const granted = licenceOf(use, books.ledger);
    if (granted === undefined || !token.hasKey(use.label)) return false;
    const obstacle = obstacleTo(granted, books.ledger, time);
    if (obstacle !== null) throw new Failure(obstacle);
    await books.append({ kind: 'RESERVED', order, cti: granted.cti, kid: use.kid, at: clock.now() });
    return true;
  }

  /** Never rejects: what cannot be written down ends the process. */
  async #toEnd(pour: Pour): Promise<void> {
    const { tell, log, books, broken } = this.#ports;
    const { order } = pour.batch;
    try {
      await this.#poured(pour);
      await this.#claim(order);
      tell({ event: 'done', body: batchResultOf(order, books) });
    } catch (error) {
      log.error('pour not written down', { order, code: isFailure(error) ? error.code : 'unknown' });
      broken(error);
    }
  }

  async #poured(pour: Pour): Promise<void> {
    const { tell } = this.#ports;
    const { order } = pour.batch;
    let told: string | null = null;
    using _held = pour.run.watch((state) => {
      const reason = state.t === 'held' || isHeldByHand(state) ? state.why : null;
      if (reason !== null && reason !== told) tell({ event: 'held', body: { order, reason } });
      told = reason;
    });
    using _percent = this.#tellPercent(pour);
    try {
      await pourToEnd(pour, this.#ports);
    } finally {
      this.#pour = null;
    }
  }

  /** Made now so that it only has to be sent; one that cannot be signed now is made when it is asked for. */
  async #claim(order: string): Promise<void> {
    try {
      await claimOf(order, this.#ports);
    } catch (error) {
      if (!isFailure(error) || error.code === 'disk/failed') throw error;
      this.#ports.log.error('outcome not signed', { order, code: error.code });
    }
  }

  #tellPercent({ batch, run }: Pour): Disposable {
    const { clock, tell, config } = this.#ports;
    const { order } = batch;
    return tellPercent({
      clock,
      duration: endToldAfter(publishedTime(batch.manifest, config)) / config.simulation.speed,
      isHeld: () => isHeld(run.state),
      tell: (percent) => tell({ event: 'percent', body: { order, percent } }),
    });
  }
}
