import { access } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AdminAnswer,
  type AdminOperation,
  type AdminRequest,
  adminOperations,
  adminSocket,
} from '#cli/marketplace/admin-api.ts';
import { askSocket } from '#cli/service-client.ts';
import type { MenuView, OrderView } from '#wire/screen-api.ts';
import { decant } from '../cli/decant.ts';
import { copyCard, powerOn } from './support/card-copy.ts';
import { entriesOf } from './support/journal-entries.ts';
import { eventually, World } from './world.ts';

const slug = 'beach-day';
const canOrder = ({ works, drinks }: MenuView): boolean =>
  works.cell && works.marketplace && drinks.some((drink) => drink.slug === slug && drink.why_not.length === 0);

describe('a machine whose card was put back, and which the operator releases', () => {
  let world: World;
  let poured: OrderView;
  /** Uses that were bought ahead and not poured by then. */
  let unspent: number;

  const atMarketplace = (...args: string[]) =>
    decant(['marketplace', ...args, '--state', world.demo.place.marketplace, '--json']);
  /** As `decant marketplace` asks, without a process for each question. */
  const admin = async <O extends AdminOperation>(operation: O, body: AdminRequest<O>): Promise<AdminAnswer<O>> => {
    const socket = adminSocket(world.demo.place.marketplace);
    return (await askSocket(socket, operation, body, adminOperations[operation].answer)) as AdminAnswer<O>;
  };
  const status = async (): Promise<string> => (await decant(['status', '--state', world.state])).out;

  beforeAll(async () => {
    world = await World.start();
    const bought = await decant(['licences', 'buy', slug, '--uses', '2', '--yes', '--state', world.state, '--json']);
    expect(bought.code).toBe(0);
    const card = await copyCard(world, { token: false });
    const customer = await world.customer();
    await customer.menu(canOrder);
    const { id } = await customer.order(slug);
    await customer.pay(await customer.until(id, 'payment'));
    await customer.until(id, 'place_glass');
    await world.startDrink(customer, id);
    poured = await customer.when(id, ({ receipt }) => receipt?.usage_accepted === true);
    unspent = (await world.status()).licences.reduce((sum, licence) => sum + licence.at_hand, 0);
    await card.restore();
    await powerOn(world);
    await eventually(async () => ((await world.status()).quarantine?.seen ? true : null));
  }, 300_000);
  afterAll(() => world[Symbol.asyncDispose]());

  test('says at the console why it is locked, and what the operator needs', async () => {
    const { quarantine } = await world.status();
    const head = Buffer.from(quarantine?.seen?.head ?? []).toString('hex');
    expect(head).toHaveLength(64);
    const told = await status();
    expect(told).toContain('is in quarantine');
    expect(told).toContain('older than what licensing has seen');
    expect(told).toContain(head.slice(0, 16));
    expect(told).toContain('decant marketplace release');
    const { out, code } = await decant(['doctor', '--state', world.state, '--json']);
    expect(code).toBe(1);
    expect(out).toContain('cell/quarantined');
    const { machines } = JSON.parse((await atMarketplace('machines')).out) as { machines: { state: string }[] };
    expect(machines).toMatchObject([{ machine: 'demo-machine', state: 'quarantined', journals: [{ head: { head } }] }]);
  });

  test('is released for the head that it shows, and for no other', async () => {
    const person = ['--machine', 'demo-machine', '--person', 'Olga Operator', '--reason', 'card replaced'];
    const wrong = { machine: 'demo-machine', person: 'Olga', reason: 'card', head: '00ff' };
    await expect(admin('release', wrong)).rejects.toMatchObject({ code: 'machine/journal-unclear' });
    const head = Buffer.from((await world.status()).quarantine?.seen?.head ?? []).toString('hex');
    expect((await atMarketplace('release', ...person, '--head', head.slice(0, 12))).code).toBe(0);
    await eventually(async () => ((await world.status()).state === 'idle' ? true : null));
    const { epoch, quarantine } = await world.status();
    expect([epoch, quarantine]).toEqual([1, null]);
    const entries = await world.journal();
    expect(entriesOf('RELEASE_TAKEN', entries)).toHaveLength(1);
    expect(entriesOf('EPOCH', entries)).toMatchObject([{ epoch: 1 }]);
    const order = { machine: 'demo-machine', person: 'Olga', reason: 'again' };
    await expect(admin('release', order)).rejects.toMatchObject({ code: 'machine/not-quarantined' });
  });

  test('gets again what was unspent, and not the drink that was poured', async () => {
    const left = await eventually(async () => {
      const { licences, prekeys } = await world.status();
      const atHand = licences.reduce((sum, licence) => sum + licence.at_hand, 0);
      return prekeys.free > 0 && atHand >= unspent ? atHand : null;
    });
    expect(left).toBe(unspent);
    const { licences } = await world.status();
    expect(licences.map(({ cti }) => Buffer.from(cti).toString('hex'))).not.toContain(poured.receipt?.licence);
  });

  test('sells and pours again', async () => {
    const customer = await world.customer();
    await customer.menu(
      ({ works, drinks }) => !works.quarantined && drinks.some(({ why_not }) => why_not.length === 0),
    );
    expect((await customer.buy(slug)).delivered_ul).toBeGreaterThan(0);
    const { machines } = await admin('machines', {});
    expect(machines).toMatchObject([{ state: 'good', epoch: 1, waiting: 0, refused: 0 }]);
  });

  test('is taken out of service at the console, and leaves nothing but its last word', async () => {
    const file = `${world.state}/farewell.cose`;
    const args = ['decommission', '--state', world.state, '--out', file, '--json'];
    const unasked = await decant(args);
    expect([unasked.code, unasked.err]).toMatchObject([2, expect.stringContaining('--yes-i-mean-it')]);
    const bought = await decant(['licences', 'buy', slug, '--uses', '2', '--yes', '--state', world.state, '--json']);
    expect(bought.code).toBe(0);
    const left = (await world.status()).licences.reduce((sum, licence) => sum + licence.unused, 0);
    const { code, out, err } = await decant([...args, '--yes-i-mean-it', 'demo-machine']);
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({ machine: 'demo-machine', unspent: left, file, booked: true });
    const { machines } = await admin('machines', {});
    expect(machines).toMatchObject([{ state: 'retired', waiting: left }]);
    await expect(world.status()).rejects.toMatchObject({ code: 'machine/cell-unreachable' });
    for (const folder of [world.demo.place.cell, world.demo.place.machineToken]) {
      await expect(access(folder)).rejects.toThrow('ENOENT');
    }
    const again = await atMarketplace('decommission', '--in', file);
    expect(JSON.parse(again.out)).toMatchObject({ machine: 'demo-machine', uses: left });
  });
});
