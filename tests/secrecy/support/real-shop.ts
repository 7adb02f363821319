import { fileURLToPath } from 'node:url';
import type { MarketplaceClient } from '#desk/marketplace/marketplace-client.ts';
import { Courier } from '#marketplace/courier/courier.ts';
import type { Database } from '#marketplace/database/database.ts';
import { migrate } from '#marketplace/database/migrate.ts';
import { openPglite } from '#marketplace/database/pglite-database.ts';
import { type MarketplaceServices, makeServices } from '#marketplace/services.ts';
import type { SealedRecipe } from '#recipes/seal.ts';
import { hex } from '#shared/entropy.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { satoshi } from '#shared/units.ts';
import { publishDrink } from '../../support/marketplace/test-world.ts';
import { type Cast, machine } from './cast.ts';
import { masked } from './mask.ts';
import type { PatientClock } from './patient-clock.ts';
import { recordedLog } from './recorded-log.ts';
import { seededEntropy } from './seeded-entropy.ts';
import type { Tape } from './tape.ts';

/** Under which the drink is offered. */
export const realSlug = 'test-drink';

export interface RealShop extends AsyncDisposable {
  readonly client: MarketplaceClient;
  /** Puts every row of every table on the tape. */
  record(): Promise<void>;
}

/** The real services on an embedded database, without network; content keys are wrapped in memory. */
export async function realShop(
  cast: Cast,
  drink: SealedRecipe,
  clock: PatientClock,
  tape: Tape,
  push: (licence: Uint8Array) => void,
): Promise<RealShop> {
  await using stack = new AsyncDisposableStack();
  const database = patient(stack.use(await openPglite(null)), clock);
  await migrate(database, systemDisk(fileURLToPath(new URL('../../../src/marketplace', import.meta.url))));
  const publish = async (topic: string, payload: Uint8Array): Promise<void> => {
    tape.put('broker', { topic, payload });
    if (payload.length > 0) push(payload);
  };
  const log = recordedLog(tape, 'marketplace');
  const courier = stack.use(new Courier({ database, broker: { publish, onConnected: () => {} }, clock, log }));
  const services = await makeServices({
    database,
    clock,
    entropy: seededEntropy('services'),
    identity: cast.identity,
    escrow: cast.escrow,
    anchors: { machine: cast.anchors.machine ?? [], author: cast.anchors.author ?? [] },
    courier,
    issuer: 'https://paper.test',
    log,
  });
  await services.accounts.enrol(cast.certificate);
  await services.payments.credit(machine, satoshi(100_000), 'opening', 'voucher');
  const { recipe_id: recipe, version } = drink.manifest;
  const sold = { sealed: drink, recipe, recipeHex: hex(recipe), version, manifest: drink.digest, price: 900 };
  await publishDrink(services, cast.author, sold, 'H');
  const held = stack.move();
  return {
    client: recorded(clientOf(services), tape, clock),
    record: () => recordTables(database, tape),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function clientOf({ catalogue, licensing }: MarketplaceServices): Partial<MarketplaceClient> {
  return {
    listings: async (machineClass) => [...(await catalogue.listings(machineClass))],
    sealed: (recipe, version) => catalogue.sealed({ recipe, version }),
    picture: (recipe, version) => catalogue.picture({ recipe, version }),
    prekeys: (message) => licensing.prekeys(machine, message),
    offer: (recipe, version, nonce) => catalogue.offer(machine, { recipe, version, quantity: 1, nonce: hex(nonce) }),
    order: (message) => licensing.order(machine, message),
    licencesAfter: async (seq) => [...(await licensing.licencesAfter(machine, seq))],
    ack: (message) => licensing.acknowledge(machine, message),
    usage: (message) => licensing.usage(machine, message),
    voidClaim: (message) => licensing.voidClaim(machine, message),
    head: (message) => licensing.head(machine, message),
    time: (nonce) => licensing.time(machine, nonce),
    statusList: () => licensing.statusList(),
  };
}

/** What is asked and answered is on the tape; time stands still meanwhile. */
export function recorded(shop: Partial<MarketplaceClient>, tape: Tape, clock: PatientClock): MarketplaceClient {
  return new Proxy(shop, {
    get: (target, name) => {
      const answer = Reflect.get(target, name) as ((...asked: unknown[]) => Promise<unknown>) | undefined;
      if (typeof answer !== 'function') return answer;
      return async (...asked: unknown[]) => {
        tape.put('marketplace', { asked: String(name), with: asked });
        const answered = await clock.during(answer.apply(target, asked));
        tape.put('marketplace', { answered: String(name), with: answered ?? null });
        return answered;
      };
    },
  }) as MarketplaceClient;
}

function patient(database: Database, clock: PatientClock): Database {
  return {
    query: (sql, parameters) => clock.during(database.query(sql, parameters)),
    transaction: (work) => clock.during(database.transaction(work)),
    script: (sql) => clock.during(database.script(sql)),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

async function recordTables(database: Database, tape: Tape): Promise<void> {
  const tables = (await database.query(
    `select table_schema || '.' || table_name as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') order by 1`,
  )) as { name: string }[];
  for (const { name } of tables) {
    const rows = await database.query(`select * from ${name}`);
    for (const row of rows.map((one) => JSON.stringify(masked(one))).sort()) {
      tape.put('marketplace database', { table: name, row });
    }
  }
}
