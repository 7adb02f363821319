import { DatabaseSync } from 'node:sqlite';
import { serve } from '#cell/api/serve.ts';
import { assembleCell } from '#cell/assemble.ts';
import type { CellParts } from '#cell/cell-parts.ts';
import { deskOperations, serviceSocketOperations } from '#cell/operations.ts';
import { openShelf } from '#desk/catalogue/shelf.ts';
import { CellLink } from '#desk/cell/cell-link.ts';
import { Desk } from '#desk/desk.ts';
import { ArrivedLicences } from '#desk/orders/arrived-licences.ts';
import { Counter } from '#desk/orders/counter.ts';
import { fulfilOrder } from '#desk/orders/fulfil-order.ts';
import { openOrder } from '#desk/orders/open-order.ts';
import { openOrderStore } from '#desk/orders/order-store.ts';
import { openVoucherStore } from '#desk/orders/voucher-store.ts';
import { Sync } from '#desk/sync.ts';
import type { SimDispenser } from '#firmware-bridge/sim/sim-dispenser.ts';
import { usualPolicy } from '#payment/invoice.ts';
import { Vouchers } from '#payment/voucher.ts';
import type { SealedRecipe } from '#recipes/seal.ts';
import type { Connection } from '#shared/connection.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { satoshi } from '#shared/units.ts';
import { encodeCbor } from '#wire/cbor.ts';
import type { CellEvent, CellStatus } from '#wire/cell-api.ts';
import { encodeFrame } from '#wire/framing.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { OrderView } from '#wire/screen-api.ts';
import { type Cast, machine, secretConfig } from './cast.ts';
import { paperShop, slug } from './paper-shop.ts';
import { PaperToken } from './paper-token.ts';
import { PatientClock } from './patient-clock.ts';
import { recordedConnection } from './recorded-connection.ts';
import { recordedLog } from './recorded-log.ts';
import { seededEntropy } from './seeded-entropy.ts';
import { recordJournalVerify, recordStatus } from './command-line.ts';
import { type RealShop, realShop, realSlug } from './real-shop.ts';
import { Tape } from './tape.ts';
import { type CellDisk, recordDatabase, recordedDisk, recordFiles } from './stored.ts';

/** Cell, desk and a marketplace on paper in one process under one clock; whatever somebody else can read is on the tape. */
export class WholeMachine implements AsyncDisposable {
  readonly clock = new PatientClock();
  readonly tape = new Tape(this.clock);
  readonly #stack = new AsyncDisposableStack();
  #parts: (CellParts & AsyncDisposable) | null = null;
  #desk: Desk | null = null;
  #link: CellLink | null = null;
  readonly #disk: CellDisk;
  readonly #database = new DatabaseSync(':memory:');
  readonly #desks = new Set<Connection>();
  #vouchers: Vouchers | null = null;
  #orders = 0;
  #shop: RealShop | null = null;
  #pushed: (licence: Uint8Array) => void = () => {};

  private constructor(cast: Cast) {
    cast.clock.of = this.clock;
    this.#disk = recordedDisk(cast.disk.copy(), this.tape);
  }

  static async start(
    cast: Cast,
    drink: SealedRecipe,
    config: MachineConfig = secretConfig(),
    marketplace: 'paper' | 'real' = 'paper',
  ): Promise<WholeMachine> {
    const world = new WholeMachine(cast);
    await world.#boot(cast, config);
    if (marketplace === 'real') await world.#openShop(cast, drink);
    world.#openDesk(cast, drink, config);
    await world.clock.advance(5_000);
    return world;
  }

  get parts(): CellParts {
    if (this.#parts === null) throw new Error('no cell');
    return this.#parts;
  }

  get desk(): Desk {
    if (this.#desk === null) throw new Error('no desk');
    return this.#desk;
  }

  get dispenser(): SimDispenser {
    return this.parts.dispenser as SimDispenser;
  }

  get link(): CellLink {
    if (this.#link === null) throw new Error('no link');
    return this.#link;
  }

  /** Tries to buy a drink; answers its order when the glass is waited for, and null when the drink is not sold. */
  async tried(): Promise<string | null> {
    try {
      const order = await this.#bought();
      return this.desk.find(order).state === 'place_glass' ? order : null;
    } catch (error) {
      this.tape.put('screen', refused(error));
      return null;
    }
  }

  /** Buys a drink with a voucher; answers its order when the glass is waited for. */
  async bought(): Promise<string> {
    const order = await this.#bought();
    if (this.desk.find(order).state !== 'place_glass') throw new Error(`the order is ${this.desk.find(order).state}`);
    return order;
  }

  async #bought(): Promise<string> {
    this.#orders += 1;
    const id = `c0ffee00-0000-4000-8000-${String(this.#orders).padStart(12, '0')}`;
    const voucher = await this.#vouchers?.issue(satoshi(1000), this.clock.now());
    await this.clock.until(
      this.desk.take({ id, drink: this.#shop === null ? slug : realSlug, voucher: voucher?.code ?? null }),
    );
    await this.clock.when(() => !['payment', 'licence'].includes(this.desk.find(id).state));
    return id;
  }

  /** Gives the use of an order back and takes it again, with the check. */
  async release(order: string): Promise<void> {
    await this.clock.until(this.link.ask('release', { order, given_up: false } as never).catch(refused));
  }

  start(id: string): OrderView {
    return this.desk.start(id);
  }

  /** What the technician asks meanwhile; refusals are answers too. */
  async ask(operation: 'status' | 'journal_verify' | 'stock_set', body: object = {}): Promise<void> {
    const told = await this.clock.until(
      (serviceSocketOperations(this.parts).get(operation)?.run(body) ?? Promise.resolve(null)).catch(refused),
    );
    this.tape.put('technician socket', { operation, told });
    if (operation === 'status') recordStatus(told as CellStatus, this.tape);
  }

  /** What a desk that was taken over asks on top of what desk asks. */
  async pry(order: string): Promise<void> {
    for (const [operation, body] of [
      ['status', {}],
      ['head', {}],
      ['outcome', { order }],
      ['reserve', { order }],
      ['check', { order }],
      ['start', { order }],
      ['prekeys', {}],
    ] as const) {
      await this.clock.until(this.link.ask(operation, body as never).catch(refused));
    }
  }

  /** Writes down what everybody has in the end, and ends the machine. */
  async end(): Promise<Tape> {
    await this.clock.advance(1_000);
    recordDatabase(this.#database, this.tape);
    recordFiles(this.#disk, this.tape);
    await this.#shop?.record();
    recordJournalVerify(this.#disk, this.tape);
    await this[Symbol.asyncDispose]();
    return this.tape;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const disposal = this.#stack.disposeAsync();
    await this.clock.until(disposal);
  }

  async #boot(cast: Cast, config: MachineConfig): Promise<void> {
    const { clock, tape } = this;
    const tell = (event: CellEvent): void => {
      const frame = encodeFrame(encodeCbor({ event: event.event, body: event.body }));
      for (const desk of this.#desks) void desk.send(frame);
    };
    this.#parts = await clock.until(
      assembleCell({
        config,
        token: new PaperToken(cast.shelf, seededEntropy('token'), cast.token),
        disk: this.#disk,
        clock,
        entropy: seededEntropy('cell'),
        log: recordedLog(tape, 'cell'),
        tell,
        broken: (error) => {
          throw error;
        },
      }),
    );
    this.#stack.use(this.#parts);
  }

  async #openShop(cast: Cast, drink: SealedRecipe): Promise<void> {
    const shop = await realShop(cast, drink, this.clock, this.tape, (licence) => this.#pushed(licence));
    this.#shop = this.#stack.use(shop);
  }

  #openDesk(cast: Cast, drink: SealedRecipe, config: MachineConfig): void {
    const { clock, tape } = this;
    const database = this.#database;
    const log = recordedLog(tape, 'desk');
    const connect = async (): Promise<Connection> => {
      const { cell, client } = recordedConnection(tape, 'cell socket');
      this.#desks.add(cell);
      serve(cell, deskOperations(this.parts), recordedLog(tape, 'cell'));
      return client;
    };
    const cell = this.#stack.use(new CellLink({ connect, clock, log }));
    this.#link = cell;
    const licencePost = new ArrivedLicences();
    let sync: Sync | null = null;
    this.#pushed = (licence) => void sync?.pushed(licence).catch(() => {});
    const paper = paperShop({
      ...cast,
      machine,
      drink,
      clock,
      entropy: seededEntropy('market'),
      tape,
      push: this.#pushed,
    });
    const marketplace = this.#shop?.client ?? paper;
    sync = new Sync({ cell, marketplace, licencePost, log });
    const shelf = openShelf(database);
    const vouchers = new Vouchers(openVoucherStore(database), seededEntropy('vouchers'));
    this.#vouchers = vouchers;
    const store = openOrderStore(database, clock);
    const addresses = { next: () => Promise.reject(new Failure('payment/unknown')) };
    const fulfil = fulfilOrder({
      cell,
      marketplace,
      sync,
      licencePost,
      addresses,
      policy: usualPolicy,
      vouchers,
      machineName: config.machine.name,
      clock,
      log,
      watch: () => undefined,
    });
    const counter = new Counter({
      store,
      clock,
      log,
      open: openOrder({
        store,
        clock,
        shelf,
        margin: satoshi(config.desk.margin_sat),
        redeem: (code, price, order, along) => vouchers.redeem(code, price, order, clock.now(), along),
      }),
      fulfil,
    });
    this.#stack.defer(() => counter.close());
    const desk = new Desk({
      config,
      cell,
      session: { onRenewed: () => undefined },
      broker: () => ({ close: async () => {} }),
      marketplace,
      sync,
      shelf,
      counter,
      watcher: { reachable: true },
      clock,
      log,
    });
    this.#stack.use(desk);
    desk.onEvent((event) => tape.put('screen', event));
    this.#desk = desk;
  }
}

function refused(error: unknown): unknown {
  if (!isFailure(error)) throw error;
  return { code: error.code, facts: error.facts };
}
