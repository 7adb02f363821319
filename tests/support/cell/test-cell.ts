import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Asker, Operation } from '#cell/api/serve.ts';
import { assembleCell } from '#cell/assemble.ts';
import type { CellParts } from '#cell/cell-parts.ts';
import type { EmptyToken } from '#cell/decommission.ts';
import { freePrekeys, type Use, useOf } from '#cell/licences/ledger.ts';
import type { MachineKind } from '#cell/machine-kind.ts';
import { deskOperations, serviceSocketOperations } from '#cell/operations.ts';
import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import type { SimDispenser } from '#firmware-bridge/sim/sim-dispenser.ts';
import type { TokenObject } from '#hsm/token-objects.ts';
import type { SealedRecords } from '#recipes/seal-records.ts';
import type { Disk } from '#shared/disk.ts';
import { Failure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import type {
  BatchResult,
  CellAnswer,
  CellEvent,
  CellOperation,
  CellRequest,
  serviceOperations,
} from '#wire/cell-api.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { Payload } from '#wire/messages.ts';
import { sha256 } from '#wire/signed-message.ts';
import type { FaultyToken } from './faulty-token.ts';
import type { PaperMarket } from './paper-market.ts';
import type { WorldClock } from './world-clock.ts';

type ServiceOperation = keyof typeof serviceOperations;

/** What a cell is booted in. */
export interface CellSurroundings {
  readonly machine: string;
  readonly clock: WorldClock;
  readonly token: FaultyToken;
  readonly market: PaperMarket;
  readonly anchors: TrustAnchors;
  readonly drink: SealedRecords;
  /** A drink mixer unless told. */
  readonly kind?: MachineKind;
  /** What the token holds, where a test takes further class keys. */
  readonly tokenObjects?: () => readonly TokenObject[];
  /** Destroys what is in the token; key by key unless told. */
  readonly emptyToken?: EmptyToken;
  /** Its outputs; those that the configuration names unless told. */
  readonly dispenser?: Dispenser;
  /** The cell's folder; a test may put another in its place before the next boot. */
  disk: Disk;
}

/** A running cell with a test in place of desk. */
export class TestCell implements AsyncDisposable {
  readonly parts: CellParts & AsyncDisposable;
  readonly events: CellEvent[] = [];
  /** How often the process was to end in order. */
  readonly ended: true[] = [];
  /** What `broken` was called with. */
  readonly broken: unknown[] = [];
  #heard = Promise.withResolvers<void>();
  readonly #world: CellSurroundings;
  readonly #desk: ReadonlyMap<string, Operation>;
  readonly #console: ReadonlyMap<string, Operation>;

  private constructor(world: CellSurroundings, parts: CellParts & AsyncDisposable) {
    this.#world = world;
    this.parts = parts;
    this.#desk = deskOperations(parts);
    this.#console = serviceSocketOperations(parts);
  }

  static async boot(world: CellSurroundings, config: MachineConfig): Promise<TestCell> {
    let cell: TestCell | null = null;
    const heard = (what: (cell: TestCell) => void): void => {
      if (cell !== null) cell.#hear(what);
    };
    const { token, disk, clock } = world;
    const parts = await assembleCell({
      config,
      token,
      ...(world.tokenObjects === undefined ? {} : { tokenObjects: world.tokenObjects }),
      ...(world.dispenser === undefined ? {} : { dispenser: world.dispenser }),
      ...(world.kind === undefined ? {} : { kind: world.kind }),
      disk,
      clock,
      entropy: systemEntropy,
      log: silentLog,
      tell: (event) => heard((one) => one.events.push(event)),
      emptyToken: world.emptyToken ?? ((keep) => emptied(token, keep)),
      ended: () => heard((one) => one.ended.push(true)),
      broken: (error) => heard((one) => one.broken.push(error)),
    });
    cell = new TestCell(world, parts);
    return cell;
  }

  get ledger() {
    return this.parts.books.ledger;
  }

  get dispenser(): SimDispenser {
    return this.parts.dispenser as SimDispenser;
  }

  /** Asks as desk does, request and answer held against their schemas. */
  async ask<O extends CellOperation>(name: O, body: CellRequest<O>): Promise<CellAnswer<O>> {
    const operation = this.#desk.get(name);
    if (operation === undefined) throw new Failure('message/unknown-operation', { op: name });
    return operation.answer.parse(await operation.run(operation.request.parse(body))) as CellAnswer<O>;
  }

  /** Asks as the technician's console does. */
  async askAtConsole<O extends ServiceOperation>(
    name: O,
    body: z.infer<(typeof serviceOperations)[O]['request']>,
    asker?: Asker,
  ): Promise<z.infer<(typeof serviceOperations)[O]['answer']>> {
    const operation = this.#console.get(name);
    if (operation === undefined) throw new Failure('message/unknown-operation', { op: name });
    const answer: unknown = operation.answer.parse(await operation.run(operation.request.parse(body), asker));
    return answer as z.infer<(typeof serviceOperations)[O]['answer']>;
  }

  /** Uploads a sealed file in two chunks. */
  async upload(file: Uint8Array): Promise<Uint8Array> {
    const { upload } = await this.ask('spool_begin', { size: file.length });
    const half = Math.floor(file.length / 2);
    await this.ask('spool_chunk', { upload, at: 0, bytes: file.subarray(0, half) });
    await this.ask('spool_chunk', { upload, at: half, bytes: file.subarray(half) });
    return (await this.ask('spool_end', { upload })).manifest;
  }

  /** Sends the prekeys that wait, and has them booked. */
  async sendPrekeys(): Promise<void> {
    const { message } = await this.ask('prekeys', {});
    if (message === null) return;
    this.#world.market.takePrekeys(message, this.#world.anchors);
    await this.ask('prekeys_booked', { digest: sha256(message) });
  }

  /** Gives the cell the signed time, that of the world unless told. */
  async tellTime(time?: number): Promise<void> {
    const { nonce } = await this.ask('time_nonce', {});
    const { market, machine } = this.#world;
    if (nonce !== null) await this.ask('time', { message: await market.time(machine, nonce, time) });
  }

  /** The ORDER for a fresh order id. */
  async order(changes: Partial<Payload<'OFFER'>> = {}): Promise<{ order: string; message: Uint8Array }> {
    const { drink, machine, market } = this.#world;
    const order = randomUUID();
    const { recipe_id: recipe, version } = drink.manifest;
    const { nonce } = await this.ask('offer_nonce', { recipe, version });
    const offer = await market.offer(machine, drink, nonce, changes);
    return { order, message: (await this.ask('order', { order, offer })).message };
  }

  /** Kids that no licence has taken yet. */
  freeKids(count: number): Uint8Array[] {
    return freePrekeys(this.ledger)
      .slice(0, count)
      .map(({ kid }) => kid);
  }

  /** Buys one use; answers its order id. */
  async buy(changes: Partial<Payload<'LICENCE'>> = {}): Promise<string> {
    const { drink, machine, market } = this.#world;
    const { order, message } = await this.order();
    const claims = await market.claims(machine, drink, { order: sha256(message) }, this.freeKids(1), {
      seq: this.ledger.lastSeq + 1,
      ...changes,
    });
    await this.ask('licence', { message: await market.licence(claims) });
    return order;
  }

  useOf(order: string): Use {
    const use = useOf(this.ledger, order);
    if (use === null) throw new Error(`no use of ${order}`);
    return use;
  }

  /** Buys one use and opens its check piece. */
  async checked(changes: Partial<Payload<'LICENCE'>> = {}): Promise<string> {
    const order = await this.buy(changes);
    await this.ask('reserve', { order });
    await this.ask('check', { order });
    return order;
  }

  /** Begins a drink whose glass is taken away for good; answers its order id once it is held. */
  async held(): Promise<string> {
    const order = await this.checked();
    this.dispenser.inject({ t: 'glass-removed', after_ms: 100, for_ms: null });
    await this.ask('start', { order });
    await this.when(() => this.events.some(({ event }) => event === 'held'));
    return order;
  }

  /** Resolves with how the order's drink ended. */
  async done(order: string): Promise<BatchResult> {
    const isDone = ({ event, body }: CellEvent): boolean => event === 'done' && body.order === order;
    await this.when(() => this.broken.length > 0 || this.events.some(isDone));
    const told = this.events.find(isDone);
    if (told?.event !== 'done') throw this.broken[0];
    return told.body;
  }

  /** Resolves when `condition` holds; it is looked at after each event. */
  async when(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#heard.promise;
  }

  #hear(what: (cell: TestCell) => void): void {
    what(this);
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }

  /** From purchase to the end of the drink. */
  async pour(): Promise<BatchResult> {
    const order = await this.checked();
    await this.ask('start', { order });
    return this.done(order);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts[Symbol.asyncDispose]();
  }
}

/** All keys of a token but those, one by one. */
async function emptied(token: FaultyToken, keep: readonly string[]): Promise<void> {
  for (const label of token.listKeys('')) if (!keep.includes(label)) await token.destroyKey(label);
}
