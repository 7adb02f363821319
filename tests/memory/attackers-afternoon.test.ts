import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PatternIndex } from '#cli/memory/pattern-index.ts';
import { type CellClient, cellClient } from '#desk/cell/cell-client.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { connectUnix } from '#shared/node/unix-socket.ts';
import { PaperMarket } from '#tests/support/cell/paper-market.ts';
import { cellOperations, serviceOperations } from '#wire/cell-api.ts';
import { canaryForms, formNames } from './support/canary-forms.ts';
import { CanaryMachine } from './support/canary-machine.ts';
import { canaryPhases } from './support/canary-phases.ts';
import { countInFiles } from './support/folder-search.ts';

const machineName = 'demo-machine';

/** Somebody has taken desk over: its socket, its files, every licence that arrives. We are that somebody, and in no hurry. */
describe('an attacker’s afternoon at desk’s socket', { timeout: 240_000 }, () => {
  const stack = new AsyncDisposableStack();
  const heard: Uint8Array[] = [];
  let machine: CanaryMachine;
  let cell: CellClient;

  beforeAll(async () => {
    machine = stack.use(await CanaryMachine.start(canaryPhases(42)));
    const connection = await connectUnix(join(machine.place.sockets, 'cell', 'cell.sock'));
    connection.onBytes((bytes) => heard.push(Uint8Array.from(bytes)));
    cell = cellClient(connection);
    stack.defer(() => cell.close());
  });
  afterAll(() => stack.disposeAsync());

  const anything = (op: string, body: object): Promise<unknown> =>
    (cell.ask as (op: string, body: object) => Promise<unknown>)(op, body);
  const codeOf = (asked: Promise<unknown>): Promise<string> =>
    asked.then(
      () => 'done',
      (error: { code?: string }) => error.code ?? 'unknown',
    );

  test('ends with one drink for one licence, money within the caps, and nothing that was secret', async () => {
    // what only the technician's socket answers
    for (const op of Object.keys(serviceOperations).filter((name) => !Object.hasOwn(cellOperations, name))) {
      expect(await codeOf(anything(op, {})), op).toBe('message/unknown-operation');
    }
    // a drink without licence, without check, under another's name
    for (const op of ['reserve', 'check', 'start', 'outcome', 'stop'] as const) {
      expect(await codeOf(anything(op, { order: randomUUID() })), op).not.toBe('done');
    }
    expect(await codeOf(cell.ask('start', { order: machine.order }))).toBe('order/wrong-state');
    await forgeries();
    await spendingSpree();
    expect(await machine.pass(10_000)).toMatchObject({ outputs: 0, jobs: 0, state: 'idle' });

    // the one licence there is, begun as often as can be
    await cell.ask('reserve', { order: machine.order });
    await cell.ask('check', { order: machine.order });
    const starts = await Promise.all(
      Array.from({ length: 8 }, () => codeOf(cell.ask('start', { order: machine.order }))),
    );
    expect(starts.filter((code) => code === 'done')).toHaveLength(1);
    await machine.untilDone();
    const { jobs } = await machine.pass(0);
    expect(jobs).toBeGreaterThanOrEqual(3);
    // and once more, by every way
    await cell.ask('licence', { message: machine.licence }).catch(() => {});
    for (const op of ['reserve', 'check', 'start'] as const) {
      expect(await codeOf(cell.ask(op, { order: machine.order })), op).not.toBe('done');
    }
    const { recipe_id: recipe, version } = machine.recipe.sealed.manifest;
    const elsewhere = { order: randomUUID(), recipe, version, manifest: machine.recipe.sealed.digest };
    expect(await cell.ask('reserve_at_hand', elsewhere)).toEqual({ use: null });
    for (const op of ['prekeys', 'head', 'status', 'client_assertion', 'forgotten'] as const) {
      await anything(op, op === 'forgotten' ? { after: 0 } : {}).catch(() => {});
    }
    await anything('outcome', { order: machine.order });
    expect(await machine.pass(10_000)).toMatchObject({ outputs: 0, jobs, state: 'idle' });
    await nothingSecret();
  });

  /** Licences that nobody gave, and a sealed file that was changed. */
  async function forgeries(): Promise<void> {
    const { sealed } = machine.recipe;
    const own = await PaperMarket.open(systemClock);
    const { last_seq: last } = await cell.ask('status', {});
    const claims = await own.claims(machineName, sealed, {}, [new Uint8Array(32)], { seq: last + 1 });
    const altered = Uint8Array.from(machine.licence, (byte, i) => (i === machine.licence.length - 9 ? byte ^ 1 : byte));
    for (const message of [await own.licence(claims), altered, machine.licence.subarray(1)]) {
      expect(await codeOf(cell.ask('licence', { message }))).not.toBe('done');
    }
    for (const at of [200, sealed.file.length - 40]) {
      const file = Uint8Array.from(sealed.file, (byte, i) => (i === at ? byte ^ 0x40 : byte));
      const { upload } = await cell.ask('spool_begin', { size: file.length });
      await cell.ask('spool_chunk', { upload, at: 0, bytes: file });
      expect(await codeOf(cell.ask('spool_end', { upload }))).not.toBe('done');
    }
  }

  /** Orders until the machine signs no more: everything that the marketplace could be paid by it. */
  async function spendingSpree(): Promise<void> {
    const { sealed } = machine.recipe;
    const { recipe_id: recipe, version } = sealed.manifest;
    const price = 90_000;
    let spent = 0;
    for (;;) {
      const { nonce } = await cell.ask('offer_nonce', { recipe, version });
      const outputs = [{ role: 'licensor' as const, script: new Uint8Array(22), sat: price }];
      const offer = await machine.market.offer(machineName, sealed, nonce, { price, outputs });
      const code = await codeOf(cell.ask('order', { order: randomUUID(), offer }));
      if (code !== 'done') {
        expect(code).toBe('offer/limit-reached');
        break;
      }
      spent += price;
    }
    const cap = machine.config.limits.licence_sat_per_day;
    expect(spent).toBeLessThanOrEqual(cap);
    expect(spent).toBeGreaterThan(cap - 3 * price);
  }

  /** In all that the cell ever said to us, and in all that desk can read. */
  async function nothingSecret(): Promise<void> {
    const { place, recipe } = machine;
    const pin = Buffer.from((await readFile(join(place.machineToken, 'pin'), 'latin1')).trim(), 'latin1');
    expect(pin.length).toBeGreaterThanOrEqual(8);
    const amounts = recipe.phases.flatMap(({ doses }) => doses.map(({ amountUl }) => amountUl));
    // forms of four bytes turn up by chance in so many signatures
    const longForms = formNames.filter((form) => canaryForms[form](100_003).length > 4);
    const patterns = [
      pin,
      ...recipe.contentKeys,
      ...amounts.flatMap((amount) => longForms.map((form) => canaryForms[form](amount))),
      ...amounts.map((amount) => Uint8Array.of(0x1a, ...canaryForms['u32 be'](amount))),
    ];
    const said = Buffer.concat(heard);
    expect(said.length).toBeGreaterThan(10_000);
    const found: number[] = [];
    new PatternIndex(patterns).search(said, said.length, (which) => found.push(which));
    expect(found).toEqual([]);
    const files = [place.desk, place.config, place.ca, place.logs];
    expect((await countInFiles(files, patterns)).every((count) => count === 0)).toBe(true);
    // the search finds what was said
    const [name] = [Buffer.from(machineName)];
    let copies = 0;
    new PatternIndex([name]).search(said, said.length, () => {
      copies += 1;
    });
    expect(copies).toBeGreaterThan(0);
  }
});
