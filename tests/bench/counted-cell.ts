import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job, Token } from '#hsm/token.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { type Milliseconds, milliseconds } from '#shared/units.ts';
import { cellWorld } from '#tests/support/cell/cell-world.ts';
import { TestCell } from '#tests/support/cell/test-cell.ts';
import { countingDisk } from './counting.ts';

/** What one drink took, licence bought to USAGE signed. */
export interface DrinkCost {
  /** From "start" to the dispenser's word that the first steps are armed, ms. */
  readonly firstStep: number;
  readonly syncsToFirstStep: number;
  readonly syncs: number;
  readonly bytes: number;
  /** How long each piece's plaintext lay in memory, ms. */
  readonly alive: readonly number[];
}

export interface CountedCell extends AsyncDisposable {
  /** Pours one drink; each fsync after "start" takes `perSync` longer. */
  drink(perSync: Milliseconds): Promise<DrinkCost>;
  /** Makes the one-time keys that the next drinks need. */
  refill(): Promise<void>;
}

/** A cell on SoftHSM and this machine's disk, in this process, with a clock at everything that it asks for. */
export async function countedCell(): Promise<CountedCell> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'decant-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const world = stack.use(await cellWorld('soft'));
  for (const path of world.disk.paths) {
    await systemDisk(folder).replace(path, (await world.disk.read(path)) ?? new Uint8Array(0));
  }
  const count = { syncs: 0, bytes: 0 };
  let delay = milliseconds(0);
  const alive: number[] = [];
  timePieces(world.token, alive);
  const disk = countingDisk(systemDisk(folder), count, () => delay);
  const config = {
    ...world.config,
    token: { ...world.config.token, prekey_pool: { low: 1, batch: 16 } },
    pumps: world.config.pumps.map((pump) => ({ ...pump, bottle_ul: 1_000_000_000 })),
  };
  const cell = stack.use(await TestCell.boot({ ...world, disk }, config));
  const steps = firstSteps(cell);
  await cell.upload(world.drink.file);
  const book = async (order: string): Promise<void> => {
    const { message } = await cell.ask('outcome', { order });
    const receipt = await world.market.receipt(world.machine, message, cell.useOf(order).cti ?? new Uint8Array(0));
    await cell.ask('outcome_booked', { order, message: receipt });
  };
  const held = stack.move();
  return {
    async refill() {
      await cell.sendPrekeys();
      // the list lives for a day, and nothing is poured long after it
      await cell.ask('revocations', { message: await world.market.statusList() });
    },
    async drink(perSync) {
      const before = { ...count };
      alive.length = 0;
      const order = await cell.checked();
      delay = perSync;
      const [syncs, from, step] = [count.syncs, performance.now(), steps.next()];
      await cell.ask('start', { order });
      const firstStep = (await step) - from;
      const syncsToFirstStep = count.syncs - syncs;
      delay = milliseconds(0);
      await cell.done(order);
      await book(order);
      return {
        firstStep,
        syncsToFirstStep,
        syncs: count.syncs - before.syncs,
        bytes: count.bytes - before.bytes,
        alive: [...alive],
      };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function firstSteps({ dispenser }: TestCell): { next(): Promise<number> } {
  let stepped = Promise.withResolvers<number>();
  const arm = dispenser.arm.bind(dispenser);
  dispenser.arm = async (...args) => {
    const armed = await arm(...args);
    stepped.resolve(performance.now());
    return armed;
  };
  return {
    next() {
      stepped = Promise.withResolvers();
      return stepped.promise;
    },
  };
}

/** Notes how long a record of 64 bytes lay in the buffer into which it was opened. */
function timePieces(token: Token, alive: number[]): void {
  const openJob = token.openJob.bind(token);
  token.openJob = () => {
    const job: Job = openJob();
    const open = job.open.bind(job);
    job.open = async (key, nonce, aad, sealed, out) => {
      const length = await open(key, nonce, aad, sealed, out);
      const from = performance.now();
      if (length === 64) {
        const fill = out.fill.bind(out);
        out.fill = (...args) => {
          const filled = fill(...args);
          alive.push(performance.now() - from);
          out.fill = fill;
          return filled;
        };
      }
      return length;
    };
    return job;
  };
}
