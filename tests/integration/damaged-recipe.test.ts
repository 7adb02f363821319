import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CellClient } from '#desk/cell/cell-client.ts';
import { isFailure } from '#shared/failure.ts';
import { hex } from '#shared/entropy.ts';
import { entriesOf, storyOf } from './support/journal-entries.ts';
import { placesToDamage, type SpooledFile, spooledFile } from './support/spooled-file.ts';
import { told } from './support/told.ts';
import { eventually, World } from './world.ts';

const slug = 'beach-day';

describe('a recipe damaged on the machine’s own disk', () => {
  let world: World;
  let file: SpooledFile;
  let voucher: string;

  beforeAll(async () => {
    world = await World.start();
    file = await spooledFile(world, slug);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('is refused before anything is burned; the money comes back, the licence is not used', async () => {
    await file.flip(file.body + 1);
    const customer = await world.customer();
    const { id } = await customer.order(slug);
    await customer.pay(await customer.until(id, 'payment'));
    const failed = await customer.when(id, ({ state, refund }) => state === 'failed' && refund !== null);
    expect(told(failed)).toMatchObject({
      code: 'recipe/digest-mismatch',
      what: 'The recipe’s file is not the one that was published.',
      money: 'If you have already paid, you get the money back as a voucher.',
      todo: 'Please choose another drink. The machine fetches the file again.',
    });
    expect(failed.refund?.amount_sat).toBe(failed.price_sat);
    voucher = failed.refund?.voucher ?? '';
    await eventually(async () => {
      const story = storyOf(id, await world.journal());
      return story.at(-1) === 'RELEASED' ? story : null;
    });
    expect(storyOf(id, await world.journal())).toEqual(['RESERVED', 'RELEASED']);
    expect((await world.status()).state).toBe('idle');
  });

  test('is fetched again, and the voucher pays for the drink', async () => {
    await eventually(async () => ((await world.status()).spooled.map(hex).includes(file.manifest) ? true : null));
    const customer = await world.customer();
    await customer.menu(({ drinks }) => drinks.some((drink) => drink.slug === slug && drink.why_not.length === 0));
    const { id } = await customer.order(slug, voucher);
    await customer.until(id, 'place_glass');
    await customer.start(id);
    expect((await customer.when(id, ({ receipt }) => receipt?.usage_accepted === true)).state).toBe('done');
  });

  test('that changes between check and pour is stopped at the damaged piece, and never poured on', async () => {
    const customer = await world.customer();
    const { id } = await customer.order(slug);
    await customer.pay(await customer.until(id, 'payment'));
    await customer.until(id, 'place_glass');
    await file.flip(file.body + 2 * file.pieceLength + 5);
    await customer.start(id);
    const partial = await customer.when(
      id,
      ({ receipt, refund }) => receipt?.usage_accepted === true && refund !== null,
    );
    expect(partial.state).toBe('partial');
    expect(told(partial)).toMatchObject({
      code: 'recipe/piece-not-authentic',
      what: 'A part of the recipe was altered, so the machine stopped before using it.',
      money: 'You get your money back as a voucher.',
    });
    expect(partial.refund?.amount_sat).toBe(partial.price_sat);
    const entries = await world.journal();
    expect(entriesOf('SPENT', entries).at(-1)).toMatchObject({
      result: 'partial',
      reason: 'recipe/piece-not-authentic',
    });
    expect((await world.status()).state).toBe('idle');
  });

  describe('wherever it is damaged', () => {
    let cell: CellClient;
    let id: string;
    let other: Uint8Array;
    const refusal = async (): Promise<string> => {
      try {
        await cell.ask('check', { order: id });
        return 'none';
      } catch (error) {
        if (!isFailure(error)) throw error;
        return error.code;
      }
    };

    beforeAll(async () => {
      cell = await world.cell();
      await file.upload(cell);
      other = (await spooledFile(world, 'coco-colada')).whole;
      const customer = await world.customer();
      ({ id } = await customer.order(slug));
      await customer.pay(await customer.until(id, 'payment'));
      await customer.until(id, 'place_glass');
      // from here on we are desk
      await world.demo.processes.desk.stop();
      await cell.ask('release', { order: id });
    });

    test('is refused with a code that says so, and the licence stays unburned', async () => {
      const places = placesToDamage(file);
      expect(places.length).toBeGreaterThan(40);
      for (const at of places) {
        await file.flip(at);
        expect(await refusal(), `bit flipped at ${at} of ${file.whole.length}`).toMatch(
          /^recipe\/(malformed|not-authentic|digest-mismatch)$/,
        );
        await file.upload(cell);
      }
      expect(storyOf(id, await world.journal())).not.toContain('BURN_INTENT');
    });

    test('is refused when it is cut short, or longer, or another recipe', async () => {
      for (const bytes of [file.whole.slice(0, -1), new Uint8Array([...file.whole, 0]), new Uint8Array(0), other]) {
        await file.overwrite(bytes);
        expect(await refusal()).toMatch(/^recipe\/(malformed|digest-mismatch)$/);
        await file.upload(cell);
      }
    });

    test('is not taken into the spool when it arrives like that', async () => {
      for (const at of placesToDamage(file).filter((_, i) => i % 5 === 0)) {
        const damaged = file.whole.slice();
        damaged[at] = (damaged[at] ?? 0) ^ 1;
        const { upload } = await cell.ask('spool_begin', { size: damaged.length });
        await cell.ask('spool_chunk', { upload, at: 0, bytes: damaged });
        await expect(cell.ask('spool_end', { upload })).rejects.toThrow(/^recipe\//);
      }
    });

    test('pours with the whole file, once: the refusals have cost nothing', async () => {
      expect(await refusal()).toBe('none');
      await cell.ask('start', { order: id });
      const { batch } = await eventually(() => cell.ask('outcome', { order: id }).catch(() => null));
      expect(batch).toMatchObject({ result: 'ok', void_claim: false });
      expect(storyOf(id, await world.journal()).filter((kind) => kind === 'BURNED')).toHaveLength(1);
    });
  });
});
