import { DatabaseSync } from 'node:sqlite';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SealedRecipe } from '#recipes/seal.ts';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { recipeWorld, sealTestDrink, testSource } from '#tests/support/sealed-drink.ts';
import type { CellOperation, CellStatus } from '#wire/cell-api.ts';
import type { Listing } from '#wire/marketplace-api.ts';
import type { CellClient } from '../cell/cell-client.ts';
import { type RestockPorts, restock } from './restock.ts';
import { isSpooled, openShelf, type Shelf } from './shelf.ts';

let sealed: SealedRecipe;
beforeAll(async () => {
  sealed = await sealTestDrink(await recipeWorld(), testSource());
});

const picture = new TextEncoder().encode('<svg/>');

function listing(changes: Partial<Listing> = {}): Listing {
  return {
    recipe: hex(sealed.manifest.recipe_id),
    version: sealed.manifest.version,
    manifest: hex(sealed.digest),
    size: sealed.file.length,
    slug: 'test-drink',
    name: { de: 'Probe', en: 'Test drink' },
    description: { de: '', en: '' },
    ingredient_names: {},
    accent: '#f4a020',
    author: 'Ada Author',
    price_sat: 900,
    ...changes,
  };
}

/** A cell that spools what it is sent, whole and in order. */
class SpoolingCell {
  readonly spooled: Uint8Array[] = [];
  asked: CellOperation[] = [];
  lies = false;
  #size = 0;
  #parts: Uint8Array[] = [];

  readonly ask = (async (operation: CellOperation, body: { size?: number; at?: number; bytes?: Uint8Array }) => {
    this.asked.push(operation);
    switch (operation) {
      case 'status':
        return { machine_class: 'beverage', spooled: this.spooled } as unknown as CellStatus;
      case 'spool_begin':
        [this.#size, this.#parts] = [body.size ?? 0, []];
        return { upload: new Uint8Array(16) };
      case 'spool_chunk':
        if (body.at !== this.#parts.reduce((sum, part) => sum + part.length, 0)) throw new Failure('recipe/malformed');
        this.#parts.push(body.bytes ?? new Uint8Array(0));
        return {};
      default:
        return { manifest: this.#end() };
    }
  }) as CellClient['ask'];

  #end(): Uint8Array {
    const whole = new Uint8Array(Buffer.concat(this.#parts));
    if (whole.length !== this.#size) throw new Failure('recipe/malformed');
    const digest = this.lies ? new Uint8Array(32) : sealed.digest;
    this.spooled.push(digest);
    return digest;
  }
}

describe('the shelf', () => {
  let database: DatabaseSync;
  let shelf: Shelf;
  let cell: SpoolingCell;
  let listed: Listing[];
  let ports: RestockPorts;
  let fetched: string[];
  beforeEach(() => {
    database = new DatabaseSync(':memory:');
    shelf = openShelf(database);
    cell = new SpoolingCell();
    listed = [listing()];
    fetched = [];
    const marketplace: RestockPorts['marketplace'] = {
      listings: async () => listed,
      sealed: async (recipe, version) => {
        fetched.push(`${recipe.slice(0, 4)} ${version}`);
        return sealed.file;
      },
      picture: async () => picture,
    };
    ports = { cell, marketplace, shelf, log: silentLog };
  });

  it('takes what is listed, once the cell has spooled it', async () => {
    await restock(ports);
    expect(shelf.drinks()).toMatchObject([{ listing: { slug: 'test-drink' }, manifest: { author: 'Ada Author' } }]);
    expect(shelf.find('test-drink')?.manifest.digest).toEqual(sealed.digest);
    expect(shelf.picture('test-drink')).toEqual(picture);
    expect(isSpooled(listing(), cell.spooled)).toBe(true);
    expect(shelf.find('none')).toBeNull();
    expect(shelf.picture('none')).toBeNull();
  });

  it('fetches nothing that it has, and everything anew that the cell has lost', async () => {
    await restock(ports);
    await restock(ports);
    expect(fetched).toHaveLength(1);
    cell.spooled.length = 0;
    await restock(ports);
    expect(fetched).toHaveLength(2);
  });

  it('is as it was when desk is started again', async () => {
    await restock(ports);
    expect(openShelf(database).drinks()).toEqual(shelf.drinks());
  });

  it('takes over a new price, and takes off what is no longer listed', async () => {
    await restock(ports);
    listed = [listing({ price_sat: 1200 })];
    await restock(ports);
    expect(shelf.find('test-drink')?.listing.price_sat).toBe(1200);
    listed = [];
    await restock(ports);
    expect(shelf.drinks()).toEqual([]);
    expect(openShelf(database).drinks()).toEqual([]);
  });

  it('does not offer what the cell makes another recipe of, nor what it refuses', async () => {
    cell.lies = true;
    await restock(ports);
    expect(shelf.drinks()).toEqual([]);
    const { ask } = cell;
    const refusing = (async (operation, body) => {
      if (operation === 'spool_end') throw new Failure('recipe/not-authentic');
      return ask(operation, body);
    }) as CellClient['ask'];
    await restock({ ...ports, cell: { ask: refusing } });
    expect(shelf.drinks()).toEqual([]);
  });

  it('takes the others when one is refused', async () => {
    const other = listing({ slug: 'other', recipe: '99'.repeat(16) });
    listed = [other, listing()];
    const fetch = ports.marketplace.sealed;
    const refusing = async (recipe: string, version: number): Promise<Uint8Array> => {
      if (recipe === other.recipe) throw new Failure('recipe/unknown');
      return fetch(recipe, version);
    };
    await restock({ ...ports, marketplace: { ...ports.marketplace, sealed: refusing } });
    expect(shelf.drinks().map(({ listing: { slug } }) => slug)).toEqual(['test-drink']);
  });

  it.each(['marketplace/unreachable', 'machine/cell-unreachable'] as const)(
    'keeps what it has and gives up at %s',
    async (code) => {
      await restock(ports);
      listed = [listing({ slug: 'a', version: 9 }), listing({ slug: 'b', version: 9 })];
      let tries = 0;
      const away = (): Promise<never> => {
        tries += 1;
        return Promise.reject(new Failure(code));
      };
      const broken = restock({ ...ports, marketplace: { ...ports.marketplace, sealed: away } });
      await expect(broken).rejects.toMatchObject({ code });
      expect([tries, shelf.drinks().length]).toEqual([1, 1]);
    },
  );

  it('fetches anew what an older release wrote in another form', async () => {
    await restock(ports);
    database.exec(`UPDATE shelf SET listing = '{"slug":"test-drink"}'`);
    const reopened = openShelf(database);
    expect(reopened.drinks()).toEqual([]);
    await restock({ ...ports, shelf: reopened });
    expect(reopened.drinks()).toHaveLength(1);
  });
});
