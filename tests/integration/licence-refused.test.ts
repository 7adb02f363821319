import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Failure, isFailure } from '#shared/failure.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { paperCa, person } from '#tests/support/marketplace/people.ts';
import type { Payload } from '#wire/messages.ts';
import { sentenceFor } from '#wire/sentences/sentence-for.ts';
import { openMessage, sealMessage } from '#wire/signed-message.ts';
import { entriesOf, storyOf } from './support/journal-entries.ts';
import { MachineOnPaper } from './support/machine-on-paper.ts';
import { eventually } from './world.ts';

const now = (): number => Math.floor(systemClock.now() / 1000);

describe('a licence that the real cell with the real token does not take', () => {
  let machine: MachineOnPaper;
  let order: Uint8Array;
  let granted: number;

  beforeAll(async () => {
    machine = await MachineOnPaper.start();
    order = await machine.ordered(randomUUID());
  });
  afterAll(() => machine[Symbol.asyncDispose]());
  beforeEach(async () => {
    granted = entriesOf('GRANTED', await machine.journal()).length;
  });

  /** The code of the refusal; nothing may be written down by it. */
  const refusal = async (message: Uint8Array): Promise<string> => {
    try {
      await machine.cell.ask('licence', { message });
    } catch (error) {
      if (!isFailure(error)) throw error;
      expect(entriesOf('GRANTED', await machine.journal())).toHaveLength(granted);
      expect(sentenceFor('en', error.code).what).not.toBe(sentenceFor('en', 'no/such-code').what);
      return error.code;
    }
    throw new Failure('licence/none', { reason: 'it was taken' });
  };
  const refused = async (changes: Partial<Payload<'LICENCE'>>): Promise<string> =>
    refusal(await machine.market.licence(await machine.claims(order, changes)));

  test('is for another machine', async () => {
    expect(await refused({ sub: 'another-machine' })).toBe('licence/other-machine');
  });

  test('has run out, or is not valid yet', async () => {
    expect(await refused({ iat: now() - 100, nbf: now() - 100, exp: now() - 1 })).toBe('licence/expired');
    expect(await refused({ nbf: now() + 3600 })).toBe('licence/not-yet-valid');
  });

  test('is signed by a stranger, by the catalogue, or has a bit changed', async () => {
    const stranger = await person(await paperCa('Stranger CA'), 'licensing', 'Stranger');
    const claims = await machine.claims(order);
    expect(await refusal(await sealMessage('LICENCE', claims, stranger.signer))).toBe('licence/not-authentic');
    expect(await refusal(await sealMessage('LICENCE', claims, machine.market.catalogue.signer))).toBe(
      'licence/not-authentic',
    );
    const good = await machine.market.licence(claims);
    for (const at of [
      0,
      5,
      Math.floor(good.length / 3),
      Math.floor(good.length / 2),
      good.length - 80,
      good.length - 1,
    ]) {
      const changed = good.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await refusal(changed), `byte ${at}`).toMatch(/^licence\/(not-authentic|malformed)$/);
    }
    expect(await refusal(new Uint8Array([...good, 0]))).toBe('licence/malformed');
    expect(await refusal(new Uint8Array(40_000))).toBe('licence/malformed');
  });

  test('is not the next one, or answers no order of this machine', async () => {
    expect(await refused({ seq: 7 })).toBe('licence/gap');
    expect(await refused({ order: systemEntropy.bytes(32) })).toBe('licence/order-unknown');
  });

  test('is for another recipe than was ordered, or to keys that are not there for it', async () => {
    const { spooled } = await machine.cell.ask('status', {});
    expect(await refused({ manifest: spooled[0] ?? order })).toBe('licence/manifest-mismatch');
    expect(await refused({ version: 99 })).toBe('licence/manifest-mismatch');
    const [slot] = (await machine.claims(order)).slots;
    if (slot === undefined) throw new Error('no slot');
    expect(await refused({ slots: [{ ...slot, kid: systemEntropy.bytes(32) }] })).toBe('licence/key-unknown');
    expect(await refused({ slots: [slot, slot] })).toBe('licence/key-assigned');
  });

  test('has terms that the machine does not understand', async () => {
    expect(await refused({ terms: { kind: 'by_the_litre', max_unsynced: 8 } })).toBe('licence/terms-unknown');
  });

  describe('after a good one was taken', () => {
    const id = randomUUID();
    let good: Uint8Array;
    let claims: Payload<'LICENCE'>;

    beforeAll(async () => {
      claims = await machine.claims(await machine.ordered(id));
      good = await machine.market.licence(claims);
      const { ack } = await machine.cell.ask('licence', { message: good });
      const acknowledged = openMessage('ACK', ack, machine.anchors, systemClock.now()).payload;
      expect(acknowledged).toMatchObject({ machine: 'demo-machine', seq: claims.seq, cti: claims.cti });
    });

    test('comes again with other bytes under its number: that is a fork, and it stands in the log', async () => {
      const other = { ...claims, cti: systemEntropy.bytes(16) };
      expect(await refusal(await machine.market.licence(other))).toBe('licence/forked');
      const log = await readFile(join(machine.place.logs, 'cell.log'), 'utf8');
      expect(log).toContain('licence/forked');
    });

    test('brings its number back under a new one, or its key', async () => {
      expect(await refused({ cti: claims.cti })).toBe('licence/replayed');
      expect(await refused({ slots: claims.slots })).toBe('licence/key-assigned');
    });

    test('while a repeat of the same bytes is acknowledged again and granted once', async () => {
      const { ack, seq } = await machine.cell.ask('licence', { message: good });
      expect(seq).toBe(claims.seq);
      expect(openMessage('ACK', ack, machine.anchors, systemClock.now()).payload.cti).toEqual(claims.cti);
      expect(entriesOf('GRANTED', await machine.journal())).toHaveLength(granted);
    });

    test('and is spent once: the same licence pours no second time, after a restart neither', async () => {
      await machine.cell.ask('check', { order: id });
      await machine.cell.ask('start', { order: id });
      const { batch } = await eventually(() => machine.cell.ask('outcome', { order: id }).catch(() => null));
      expect(batch).toMatchObject({ result: 'ok', void_claim: false });
      await machine.cell.ask('licence', { message: good });
      await expect(machine.cell.ask('check', { order: id })).rejects.toMatchObject({ code: 'licence/spent' });
      await expect(machine.cell.ask('start', { order: id })).rejects.toMatchObject({ code: 'order/wrong-state' });
      await machine.restart();
      await machine.cell.ask('licence', { message: good });
      await expect(machine.cell.ask('check', { order: id })).rejects.toMatchObject({ code: 'licence/spent' });
      expect(storyOf(id, await machine.journal()).filter((kind) => kind === 'BURNED')).toHaveLength(1);
    });
  });

  test('and one that runs out between its arrival and the pour is refused then, unburned', async () => {
    const id = randomUUID();
    const exp = now() + 2;
    const claims = await machine.claims(await machine.ordered(id), { exp });
    await machine.cell.ask('licence', { message: await machine.market.licence(claims) });
    await eventually(() => Promise.resolve(now() > exp ? true : null));
    await expect(machine.cell.ask('check', { order: id })).rejects.toMatchObject({ code: 'licence/expired' });
    expect(storyOf(id, await machine.journal())).not.toContain('BURN_INTENT');
  });
});
