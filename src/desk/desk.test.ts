import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { milliseconds } from '#shared/units.ts';
import { peekManifest } from '#recipes/manifest.ts';
import { recipeWorld, sealTestDrink } from '#tests/support/sealed-drink.ts';
import type { CellEvent } from '#wire/cell-api.ts';
import { skipItem } from '#wire/cbor.ts';
import { menuView, type ScreenEvent } from '#wire/screen-api.ts';
import type { BrokerConnection, BrokerEars } from './broker.ts';
import type { Shelf, ShelvedDrink } from './catalogue/shelf.ts';
import { Desk, type DeskPorts } from './desk.ts';
import type { TlsCredential } from './marketplace/https-client.ts';
import { idOf, Till, wanted } from './testing/till.ts';

let manifest: ShelvedDrink['manifest'];
beforeAll(async () => {
  const { file } = await sealTestDrink(await recipeWorld());
  manifest = peekManifest(file.slice(0, skipItem(file, 0)));
});

/** What the broker was asked for. */
interface Connected {
  readonly ears: BrokerEars;
  readonly credential: TlsCredential;
  isClosed: boolean;
}

/** The link to the till's cell. */
class FakeLink {
  up = false;
  state: (up: boolean) => void = () => undefined;
  event: (event: CellEvent) => void = () => undefined;
  readonly ask: DeskPorts['cell']['ask'];

  constructor({ cell }: Till) {
    this.ask = cell.ask;
    cell.up = false;
    cell.tell = (event) => this.event(event);
  }

  onEvent(listener: (event: CellEvent) => void): void {
    this.event = listener;
  }

  onState(listener: (up: boolean) => void): void {
    this.state = listener;
  }
}

class World implements AsyncDisposable {
  readonly till = new Till();
  readonly link = new FakeLink(this.till);
  readonly brokers: Connected[] = [];
  readonly heard: ScreenEvent[] = [];
  readonly desk: Desk;
  syncs = 0;
  syncFails: Error | null = null;
  renew: (credential: TlsCredential) => void = () => undefined;

  constructor() {
    const { till } = this;
    const { clock, log, counter } = till;
    till.cell.spooled = [manifest.digest];
    const listing = till.listing(hex(manifest.digest));
    const shelf: Partial<Shelf> = {
      drinks: () => [{ listing, manifest }],
      keepOnly: () => undefined,
      has: () => true,
    };
    const marketplace = { listings: async () => [listing] };
    const session: DeskPorts['session'] = { onRenewed: (listener) => void (this.renew = listener) };
    const config = {
      machine: { id: 'mixer-1', name: 'Bar' },
      desk: { margin_sat: 350, demo_wallet: null },
      limits: { held_ms: 30_000 },
    };
    const broker: DeskPorts['broker'] = (ears, presented) => this.#connect(ears, presented);
    const watcher = { reachable: true };
    const ports = { cell: this.link, sync: this.#sync(), session, broker, marketplace, shelf };
    this.desk = new Desk({ ...ports, counter, watcher, clock, log, config } as unknown as DeskPorts);
    this.desk.onEvent((event) => this.heard.push(event));
  }

  async connect(): Promise<void> {
    this.till.cell.up = true;
    this.link.up = true;
    this.link.state(true);
    await this.till.clock.advance(0);
  }

  async lose(): Promise<void> {
    this.till.cell.up = false;
    this.link.up = false;
    this.link.state(false);
    await this.till.clock.advance(0);
  }

  say(event: CellEvent): void {
    this.link.event(event);
  }

  /** Brings an order to its glass. */
  async ready(n: number): Promise<void> {
    const { till, desk } = this;
    await desk.take(wanted(n));
    till.pay(till.order(n), 1000, 1);
    await till.look();
    await till.clock.advance(1000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.desk[Symbol.asyncDispose]();
    this.till[Symbol.dispose]();
  }

  #connect(ears: BrokerEars, presented: TlsCredential): BrokerConnection {
    const connected: Connected = { ears, credential: presented, isClosed: false };
    this.brokers.push(connected);
    return {
      close: async () => {
        connected.isClosed = true;
      },
    };
  }

  #sync(): DeskPorts['sync'] {
    const { sync } = this.till;
    return {
      all: async () => {
        this.syncs += 1;
        if (this.syncFails !== null) throw this.syncFails;
        await sync.all();
      },
      licences: () => sync.licences(),
      revoked: () => Promise.resolve(),
      pushed: (message) => sync.pushed(message),
      outcome: (order) => sync.outcome(order),
    };
  }
}

const credential = (cert: string): TlsCredential => ({ key: 'key', cert });

describe('desk', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const whyNot = (): string[] => world.desk.menu().drinks.flatMap(({ why_not }) => why_not.map(({ code }) => code));

  it('offers nothing before cell and marketplace are there, and its drinks then', async () => {
    expect(whyNot()).toEqual(['machine/cell-unreachable']);
    await expect(world.desk.take(wanted(1))).rejects.toMatchObject({ code: 'machine/cell-unreachable' });
    world.syncFails = new Failure('marketplace/unreachable');
    await world.connect();
    expect(whyNot()).toEqual(['marketplace/unreachable']);
    world.syncFails = null;
    await world.till.clock.advance(1000);
    expect(whyNot()).toEqual([]);
    const { drinks, works } = menuView.parse(world.desk.menu());
    expect([drinks[0]?.price_sat, works.cell, works.marketplace]).toEqual([1000, true, true]);
  });

  it('offers as many of a drink as lie in the machine while the marketplace is away', async () => {
    world.till.cell.ahead = 1;
    world.syncFails = new Failure('marketplace/unreachable');
    await world.connect();
    expect(whyNot()).toEqual([]);
    world.till.market.up = false;
    await world.desk.take(wanted(1));
    // the only one is for this order
    expect(whyNot()).toEqual(['marketplace/unreachable']);
    await expect(world.desk.take(wanted(2))).rejects.toMatchObject({ code: 'marketplace/unreachable' });
  });

  it('sells, pours, books and shows the receipt', async () => {
    await world.connect();
    await world.ready(1);
    expect(world.desk.start(idOf(1)).state).toBe('place_glass');
    await world.till.clock.advance(0);
    world.say({ event: 'percent', body: { order: idOf(1), percent: 40 } });
    expect(world.desk.find(idOf(1))).toMatchObject({ state: 'pouring', percent: 40 });
    world.till.cell.finish();
    await world.till.clock.advance(0);
    expect(world.desk.find(idOf(1))).toMatchObject({ state: 'done', receipt: { usage_accepted: true } });
    expect((await world.desk.receipt(idOf(1))).journal).toEqual({ index: 7, head: 'ab'.repeat(32) });
    expect(world.heard.some((event) => event.type === 'order' && event.order.state === 'done')).toBe(true);
  });

  it('shows the receipt while the cell is away', async () => {
    await world.connect();
    await world.ready(1);
    world.desk.start(idOf(1));
    await world.till.clock.advance(0);
    world.till.cell.finish();
    await world.till.clock.advance(0);
    await world.lose();
    expect((await world.desk.receipt(idOf(1))).delivered_ul).toBe(200_000);
  });

  it('answers a repeated order though the drink can no longer be made', async () => {
    await world.connect();
    const order = await world.desk.take(wanted(1));
    await world.lose();
    expect((await world.desk.take(wanted(1))).number).toBe(order.number);
    await expect(world.desk.take(wanted(2))).rejects.toMatchObject({ code: 'machine/cell-unreachable' });
  });

  it('starts what is ready, and cancels what is not started', async () => {
    await world.connect();
    await world.desk.take(wanted(1));
    expect(() => world.desk.start(idOf(1))).toThrow('order/wrong-state');
    expect(() => world.desk.start(idOf(9))).toThrow('order/unknown');
    expect(world.desk.cancel(idOf(1)).state).toBe('cancelled');
    expect(world.desk.cancel(idOf(1)).state).toBe('cancelled');
    await world.ready(2);
    world.desk.start(idOf(2));
    expect(() => world.desk.cancel(idOf(2))).toThrow('order/wrong-state');
    await world.till.clock.advance(0);
    expect(world.desk.start(idOf(2)).state).toBe('pouring');
    expect(world.till.cell.poured).toEqual([idOf(2)]);
  });

  it('tells what holds a pour up, and lets it go on', async () => {
    await world.connect();
    await world.ready(1);
    world.desk.start(idOf(1));
    await world.till.clock.advance(0);
    world.say({ event: 'held', body: { order: idOf(1), reason: 'machine/interlock-open' } });
    expect(world.desk.find(idOf(1)).problem?.code).toBe('machine/interlock-open');
    world.say({ event: 'held', body: { order: idOf(1), reason: 'something new' } });
    expect(world.desk.find(idOf(1)).problem?.code).toBe('machine/glass-missing');
    world.say({ event: 'percent', body: { order: idOf(1), percent: 1 } });
    expect(world.desk.find(idOf(1)).problem).toBeNull();
  });

  it('puts a pour on hold for as long as the machine allows, and says no more of it once it goes on', async () => {
    await world.connect();
    await world.ready(1);
    world.desk.start(idOf(1));
    await world.till.clock.advance(0);
    await world.desk.hold(idOf(1));
    world.say({ event: 'held', body: { order: idOf(1), reason: 'machine/held' } });
    expect(world.desk.find(idOf(1)).problem).toMatchObject({ code: 'machine/held', facts: { seconds: '30' } });
    expect((await world.desk.resume(idOf(1))).problem).toBeNull();
    expect(world.till.cell.asked.slice(-2)).toEqual(['hold', 'resume']);
    await expect(world.desk.hold(idOf(9))).rejects.toMatchObject({ code: 'order/unknown' });
  });

  it('keeps saying that the glass is away when a hold ends meanwhile', async () => {
    await world.connect();
    await world.ready(1);
    world.desk.start(idOf(1));
    await world.till.clock.advance(0);
    world.say({ event: 'held', body: { order: idOf(1), reason: 'machine/glass-missing' } });
    expect((await world.desk.resume(idOf(1))).problem?.code).toBe('machine/glass-missing');
  });

  it('leaves events alone of orders that it does not know', async () => {
    await world.connect();
    world.say({ event: 'percent', body: { order: idOf(9), percent: 1 } });
    world.say({ event: 'held', body: { order: idOf(9), reason: '' } });
    await world.till.clock.advance(0);
    expect(world.desk.orders()).toEqual([]);
  });

  it('clears up after a desk whose database was lost: uses are released, outcomes booked', async () => {
    const { cell } = world.till;
    const use = { result: 'ok', claim: '', booked: false } as const;
    cell.uses.push({ ...use, cti: '01'.repeat(16), seq: 1, order: idOf(7), stage: 'reserved' });
    cell.uses.push({
      ...use,
      cti: '02'.repeat(16),
      seq: 2,
      order: idOf(8),
      stage: 'spent',
      claim: `usage ${'02'.repeat(16)}`,
    });
    cell.checked = idOf(7);
    await world.connect();
    expect([cell.checked, cell.uses[0]?.stage, cell.uses[1]?.booked]).toEqual([null, 'given up', true]);
    expect(world.till.market.booked.size).toBe(1);
  });

  it('connects to the broker under each new certificate, and closes what was before', async () => {
    world.renew(credential('first'));
    world.renew(credential('second'));
    expect(world.brokers.map(({ credential: { cert }, isClosed }) => [cert, isClosed])).toEqual([
      ['first', true],
      ['second', false],
    ]);
    await world.desk[Symbol.asyncDispose]();
    world.renew(credential('third'));
    expect(world.brokers.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  });

  it('takes in what the broker pushes, and survives nonsense', async () => {
    await world.connect();
    world.renew(credential('first'));
    const { ears } = world.brokers[0] ?? {};
    ears?.onLicence(Uint8Array.of(1));
    ears?.onNotice();
    world.till.market.up = false;
    ears?.onNotice();
    await world.till.clock.advance(0);
    expect(world.desk.menu().works.cell).toBe(true);
  });

  it('syncs each minute, and while it fails ever less often', async () => {
    await world.connect();
    const { clock } = world.till;
    const first = world.syncs;
    await clock.advance(60_000);
    expect(world.syncs).toBe(first + 1);
    world.syncFails = new Failure('marketplace/unreachable');
    await clock.advance(60_000);
    const failed = world.syncs;
    await clock.advance(milliseconds(600_000));
    expect(world.syncs - failed).toBeLessThan(50);
    world.syncFails = null;
    await clock.advance(15_000);
    expect(world.desk.menu().works.marketplace).toBe(true);
  });

  it('lives on when a sync breaks in a way that nobody foresaw', async () => {
    world.syncFails = new TypeError('a bug');
    await world.connect();
    expect(world.desk.menu().works.marketplace).toBe(false);
    world.syncFails = null;
    await world.till.clock.advance(1000);
    expect(world.desk.menu().works.marketplace).toBe(true);
  });
});
