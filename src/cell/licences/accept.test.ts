import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { type CellWorld, cellWorld } from '#tests/support/cell/cell-world.ts';
import type { TestCell } from '#tests/support/cell/test-cell.ts';
import { paperCa, person } from '#tests/support/marketplace/people.ts';
import type { MemoryDisk } from '#tests/support/memory-disk.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import { encodeSign1 } from '#wire/cose-sign1.ts';
import { messages, type Payload } from '#wire/messages.ts';
import { openMessage, sealMessage, sha256 } from '#wire/signed-message.ts';
import { licencePath } from './licence-files.ts';

let world: CellWorld;
let cell: TestCell;
let blank: MemoryDisk;

beforeAll(async () => {
  world = await cellWorld('stub');
  blank = world.disk;
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  world.disk = blank.copy();
  cell = await world.ready();
});
afterEach(() => cell[Symbol.asyncDispose]());

const unknownKid = new Uint8Array(32).fill(7);

/** Claims of the next licence, for an order of this machine. */
async function claims(changes: Partial<Payload<'LICENCE'>> = {}): Promise<Payload<'LICENCE'>> {
  const { message } = await cell.order();
  const next = { seq: cell.ledger.lastSeq + 1, ...changes };
  return world.market.claims(world.machine, world.drink, { order: sha256(message) }, cell.freeKids(1), next);
}

const seal = (payload: Payload<'LICENCE'>): Promise<Uint8Array> => world.market.licence(payload);
const accept = (message: Uint8Array) => cell.ask('licence', { message });
const refusal = (message: Uint8Array): Promise<string> =>
  accept(message).then(
    () => 'accepted',
    (error: { code?: string }) => error.code ?? 'no failure',
  );
const ackOf = (ack: Uint8Array) => openMessage('ACK', ack, world.anchors, world.clock.now()).payload;

describe('a licence', () => {
  it('is stored, written down and acknowledged', async () => {
    const payload = await claims();
    const message = await seal(payload);
    const { ack, cti, seq } = await accept(message);
    expect([cti, seq]).toEqual([payload.cti, 1]);
    expect(ackOf(ack)).toEqual({
      machine: world.machine,
      cti,
      seq,
      journal: cell.parts.books.journal.head(),
    });
    expect(await world.disk.read(licencePath(1))).toEqual(message);
    const use = cell.ledger.uses.get(hex(payload.slots[0]?.kid ?? unknownKid));
    expect(use).toMatchObject({ stage: 'granted', cti: payload.cti });
  });

  it('is on the medium before it is acknowledged', async () => {
    const message = await seal(await claims());
    await accept(message);
    const later = world.disk.afterPowerCut();
    expect(await later.read(licencePath(1))).toEqual(message);
    await cell[Symbol.asyncDispose]();
    world.disk = later;
    cell = await world.boot();
    expect(cell.ledger.lastSeq).toBe(1);
  });

  it('that cannot be stored is not acknowledged, and may come again', async () => {
    const message = await seal(await claims());
    world.disk.refuse = (step, path) => step === 'replace' && path.startsWith('licences/');
    expect(await refusal(message)).toBe('disk/failed');
    expect(cell.ledger.lastSeq).toBe(0);
    world.disk.refuse = () => false;
    expect(await refusal(message)).toBe('accepted');
  });

  it('gets, sent again, an ACK that says the same, however far the journal went on', async () => {
    const message = await seal(await claims());
    const first = await accept(message);
    await cell.buy({ seq: 2 });
    const entries = cell.ledger.count;
    const again = await accept(message);
    expect(ackOf(again.ack)).toEqual(ackOf(first.ack));
    expect(cell.ledger.count).toBe(entries);
  });

  it('that comes twice at once is stored once', async () => {
    const message = await seal(await claims());
    const both = await Promise.all([accept(message), accept(message)]);
    expect(ackOf(both[0].ack)).toEqual(ackOf(both[1].ack));
    expect(cell.ledger.licences.size).toBe(1);
  });

  it('may hold several uses', async () => {
    const kids = cell.freeKids(3);
    const payload = await world.market.claims(
      world.machine,
      world.drink,
      { order: sha256((await cell.order()).message) },
      kids,
      { seq: 1 },
    );
    await accept(await seal(payload));
    expect(cell.freeKids(16)).toEqual([]);
    expect((await cell.ask('status', {})).licences).toMatchObject([{ seq: 1, unused: 3 }]);
  });
});

describe('of what is wrong with a licence, the first in the stated order is said:', () => {
  it('its size', async () => {
    const { maxBytes } = messages.LICENCE;
    expect(await refusal(new Uint8Array(maxBytes + 1))).toBe('licence/malformed');
  });

  it('its CBOR', async () => {
    const message = await seal(await claims());
    expect(await refusal(message.subarray(0, -1))).toBe('licence/malformed');
    expect(await refusal(new Uint8Array([...message, 0]))).toBe('licence/malformed');
    expect(await refusal(new Uint8Array(0))).toBe('licence/malformed');
  });

  it('its type', async () => {
    const journal = cell.parts.books.journal.head();
    expect(await refusal(await world.market.witness(world.machine, journal))).toBe('licence/not-authentic');
  });

  it('its algorithm', async () => {
    const { signer } = cell.parts.identity;
    const sealed = await encodeSign1('application/decant-licence+cbor', encodeCbor(new Map()), signer);
    expect(await refusal(sealed)).toBe('licence/not-authentic');
  });

  it('who signed it', async () => {
    const payload = await claims();
    const { catalogue, ca } = world.market;
    const stranger = await person(await paperCa('Somebody else'), 'licensing', 'Paper licensing');
    const author = await person(ca, 'author', 'Ada Author');
    for (const { signer } of [catalogue, stranger, author]) {
      expect(await refusal(await sealMessage('LICENCE', payload, signer))).toBe('licence/not-authentic');
    }
  });

  it('its signature', async () => {
    const message = await seal(await claims());
    for (const at of [message.length - 1, message.length - 64, message.length - 200]) {
      const bent = message.slice();
      bent[at] = (bent[at] ?? 0) ^ 1;
      expect(['licence/not-authentic', 'licence/malformed']).toContain(await refusal(bent));
    }
    expect(cell.ledger.licences.size).toBe(0);
  });

  it('its form, once it is authentic', async () => {
    const { signer } = world.market.licensing;
    const good = await claims();
    const asClaims = decodeCbor(openPayload(await seal(good)), 65_536) as Map<unknown, unknown>;
    const bend = async (change: (claims: Map<unknown, unknown>) => void): Promise<string> => {
      const bent = new Map(asClaims);
      change(bent);
      return refusal(await encodeSign1('application/decant-licence+cbor', encodeCbor(bent), signer));
    };
    expect(await bend((map) => map.delete('slots'))).toBe('licence/malformed');
    expect(await bend((map) => map.set('more', 1))).toBe('licence/malformed');
    expect(await bend((map) => map.set('slots', []))).toBe('licence/malformed');
    expect(await bend((map) => map.set(6, 2 ** 40))).toBe('licence/malformed');
    // a registered claim stands under its number, and there only
    expect(await bend((map) => map.set('sub', map.get(2)))).toBe('licence/malformed');
    expect(await bend((map) => map.set('sub', map.get(2)).delete(2))).toBe('licence/malformed');
    const named = Object.fromEntries(Object.entries(good));
    const asText = await encodeSign1('application/decant-licence+cbor', encodeCbor(named), signer);
    expect(await refusal(asText)).toBe('licence/malformed');
    expect(await bend(() => {})).toBe('accepted');
  });

  it('its machine, before its number', async () => {
    expect(await refusal(await seal(await claims({ sub: 'other-machine', seq: 9 })))).toBe('licence/other-machine');
  });

  it('a gap before it, and it is not stored', async () => {
    expect(await refusal(await seal(await claims({ seq: 3, cti: new Uint8Array(16) })))).toBe('licence/gap');
    expect(world.disk.paths.filter((path) => /^licences\/\d/.test(path))).toEqual([]);
  });

  it('a fork: other bytes under a known number', async () => {
    const payload = await claims();
    await accept(await seal(payload));
    // signed again, it is not the same message
    expect(await refusal(await seal(payload))).toBe('licence/forked');
    expect(await refusal(await seal({ ...payload, seq: 1, cti: new Uint8Array(16) }))).toBe('licence/forked');
  });

  it('its cti, before its order', async () => {
    const payload = await claims();
    await accept(await seal(payload));
    expect(await refusal(await seal({ ...payload, seq: 2, order: unknownKid }))).toBe('licence/replayed');
  });

  it('its order, before its keys', async () => {
    const slots = [{ kid: unknownKid, content_key: new Uint8Array(256) }];
    const payload = await claims({ slots });
    expect(await refusal(await seal({ ...payload, order: unknownKid }))).toBe('licence/order-unknown');
    const { order: _order, ...unasked } = payload;
    expect(await refusal(await seal(unasked))).toBe('licence/order-unknown');
    expect(await refusal(await seal({ ...unasked, replaces: unknownKid }))).toBe('licence/order-unknown');
    expect(await refusal(await seal({ ...payload, replaces: unknownKid }))).toBe('licence/order-unknown');
  });

  it('its keys, before its manifest', async () => {
    const manifest = unknownKid;
    const slots = [{ kid: unknownKid, content_key: new Uint8Array(256) }];
    expect(await refusal(await seal(await claims({ slots, manifest })))).toBe('licence/key-unknown');
    const payload = await claims({ manifest });
    const twice = [...payload.slots, ...payload.slots];
    expect(await refusal(await seal({ ...payload, slots: twice }))).toBe('licence/key-assigned');
    const { slots: taken } = await claims();
    await accept(await seal(await claims()));
    expect(await refusal(await seal(await claims({ slots: taken, manifest })))).toBe('licence/key-assigned');
  });

  it('its manifest, before its terms', async () => {
    const terms = { kind: 'for_ever', max_unsynced: 1 };
    const other = await world.seal({ recipe_id: '0f0e0d0c0b0a09080706050403020100' });
    await cell.upload(other.file);
    // one that the machine has, but another than was ordered
    expect(await refusal(await seal(await claims({ manifest: other.digest, terms })))).toBe(
      'licence/manifest-mismatch',
    );
    expect(await refusal(await seal(await claims({ version: 9, terms })))).toBe('licence/manifest-mismatch');
    expect(await refusal(await seal(await claims({ recipe: new Uint8Array(16), terms })))).toBe(
      'licence/manifest-mismatch',
    );
  });

  it('its terms, before its time', async () => {
    const terms = { kind: 'for_ever', max_unsynced: 1 };
    expect(await refusal(await seal(await claims({ terms, exp: 1 })))).toBe('licence/terms-unknown');
  });

  it('its time', async () => {
    await cell.tellTime();
    const now = Math.floor(world.clock.now() / 1000);
    expect(await refusal(await seal(await claims({ nbf: now + 60 })))).toBe('licence/not-yet-valid');
    expect(cell.ledger.lastSeq).toBe(0);
    expect(await refusal(await seal(await claims({ nbf: now - 1, exp: now + 60 })))).toBe('accepted');
  });

  it('its time, and one that has run out takes its number with it, so that the next can come', async () => {
    await cell.tellTime();
    const late = await claims({ exp: Math.floor(world.clock.now() / 1000) - 1 });
    const kid = late.slots[0]?.kid ?? unknownKid;
    const { label } = cell.ledger.uses.get(hex(kid)) ?? { label: '' };
    expect(await refusal(await seal(late))).toBe('licence/expired');
    expect(cell.ledger.lastSeq).toBe(1);
    expect(cell.ledger.uses.get(hex(kid))?.stage).toBe('withdrawn');
    expect(world.token.hasKey(label)).toBe(false);
    expect(await refusal(await seal(await claims({ seq: 2 })))).toBe('accepted');
  });
});

describe('a recipe that is gone from the spool', () => {
  it('cannot be licensed until it is there again', async () => {
    const message = await seal(await claims());
    await world.disk.remove(`spool/${hex(world.drink.digest)}.tdr`);
    expect(await refusal(message)).toBe('recipe/malformed');
    expect(await refusal(message)).toBe('recipe/unknown');
    await cell.upload(world.drink.file);
    expect(await refusal(message)).toBe('accepted');
  });
});

describe('a use that is issued again', () => {
  /** An order whose use was burned for nothing and claimed. */
  async function claimedVoid(): Promise<{ order: string; claim: Uint8Array; kid: Uint8Array }> {
    const order = await cell.buy({ seq: 1 });
    await cell.ask('reserve', { order });
    const { kid } = cell.useOf(order);
    await cell.parts.books.append({ kind: 'BURNED', kid, stock: [] });
    await cell.parts.books.append({ kind: 'VOIDED', kid, reason: 'power-cut', pieces: 0, at: 1 });
    return { order, kid, claim: (await cell.ask('outcome', { order })).message };
  }

  const reissue = (claim: Uint8Array, changes: Partial<Payload<'LICENCE'>> = {}) =>
    world.market.claims(world.machine, world.drink, { replaces: sha256(claim) }, cell.freeKids(1), {
      seq: 2,
      ...changes,
    });

  it('answers the claim and serves the same order', async () => {
    const { order, claim, kid } = await claimedVoid();
    expect((await cell.ask('status', {})).unfinished).toMatchObject([{ order, stage: 'void' }]);
    await accept(await seal(await reissue(claim)));
    expect((await cell.ask('status', {})).unfinished).toMatchObject([{ order, stage: 'granted' }]);
    expect(cell.ledger.uses.get(hex(kid))?.booked).toBe(true);
    await cell.ask('reserve', { order });
    expect(cell.useOf(order)).toMatchObject({ stage: 'reserved' });
    expect(cell.useOf(order).kid).not.toEqual(kid);
  });

  it('is for the recipe that was paid for', async () => {
    const { claim } = await claimedVoid();
    const other = await world.seal({ recipe_id: '0f0e0d0c0b0a09080706050403020100' });
    await cell.upload(other.file);
    const { recipe_id: recipe, version } = other.manifest;
    const swapped = await reissue(claim, { manifest: other.digest, recipe, version });
    expect(await refusal(await seal(swapped))).toBe('licence/manifest-mismatch');
  });

  it('replaces no use that was poured', async () => {
    const order = await cell.buy({ seq: 1 });
    await cell.ask('reserve', { order });
    const { kid } = cell.useOf(order);
    await cell.parts.books.append({
      kind: 'SPENT',
      kid,
      result: 'ok',
      reason: '',
      pieces: 8,
      ordered_ul: 1,
      delivered_ul: 1,
      started: 0,
      ended: 0,
    });
    const { message: usage } = await cell.ask('outcome', { order });
    expect(await refusal(await seal(await reissue(usage)))).toBe('licence/order-unknown');
  });
});

/** The payload of a COSE_Sign1, not looked at. */
function openPayload(message: Uint8Array): Uint8Array {
  const { value } = decodeCbor(message, 65_536) as { value: [unknown, unknown, Uint8Array, unknown] };
  return value[2];
}
