import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import type { Token } from '#hsm/token.ts';
import { beverage } from '#recipes/machine-class.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import type { Entropy } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { CellEvent, CellStatus } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { openBooks } from './books.ts';
import type { CellParts } from './cell-parts.ts';
import { createExecutor } from './executor/executor.ts';
import { openIdentity, readProvisioned } from './identity.ts';
import { lockedBuffers } from './locked-buffers.ts';
import { machineModel, openDispenser } from './machine-model.ts';
import { Mixer } from './mixer.ts';
import { Purchase } from './purchase.ts';
import { openSpool } from './spool.ts';
import { statusOf } from './status.ts';
import { takeUp } from './take-up.ts';

/** What a cell is made of, and stands on. */
export interface CellMaterial {
  readonly config: MachineConfig;
  readonly token: Token;
  /** The cell's own folder: journal, licences, spool. */
  readonly disk: Disk;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly tell: (event: CellEvent) => void;
  /** The outputs, when they are there already; else those that the configuration names. Closed with the cell. */
  readonly dispenser?: Dispenser;
  /** Called with what could not be written down: the process has to end, and the journal tells the next what to do. */
  readonly broken: (error: unknown) => void;
}

/**
 * Every part of the cell, brought in order after whatever ended the process before. Disposing it stops every pump and closes
 * the journal; the token stays open.
 * @throws Failure `machine/not-provisioned`, `token/key-missing`, `journal/broken`, `dispenser/output-stuck`,
 * `dispenser/failed`, `disk/failed`
 */
export async function assembleCell(material: CellMaterial): Promise<CellParts & AsyncDisposable> {
  const { config, token, disk, clock, log } = material;
  await using stack = new AsyncDisposableStack();
  const identity = openIdentity(await readProvisioned(disk), token);
  if (identity.machine !== config.machine.id) throw new Failure('machine/not-provisioned', { id: config.machine.id });
  let isLive = false;
  const broken = (error: unknown): void => {
    if (isLive) material.broken(error);
  };
  const books = stack.use(await openBooks(disk, broken));
  const dispenser = stack.use(material.dispenser ?? openDispenser(config, clock));
  const executor = createExecutor({ dispenser, clock, log, machine: machineModel(config) });
  await takeUp({ ...material, books, executor });
  const spool = await openSpool({ ...material, anchors: identity.anchors });
  const buffers = stack.use(lockedBuffers(beverage));
  const status = (): CellStatus => statusOf(parts);
  const mixerPorts = { ...material, identity, books, dispenser, executor, spool, buffers, status };
  const mixer = new Mixer(mixerPorts);
  stack.defer(() => mixer.close());
  const { prekey_bits: bits, prekey_pool: pool } = config.token;
  const limits = { ordersPerHour: config.limits.orders_per_hour, spendSatPerDay: config.limits.licence_sat_per_day };
  const purchase = new Purchase({ ...material, books, identity, spool, limits });
  const { low, batch } = pool;
  const parts: CellParts = { ...mixerPorts, mixer, purchase, bits, low, batch, idle: () => mixer.idle };
  isLive = true;
  const held = stack.move();
  return {
    ...parts,
    async [Symbol.asyncDispose]() {
      isLive = false;
      await held.disposeAsync();
    },
  };
}
