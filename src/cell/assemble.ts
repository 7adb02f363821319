import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import type { Token } from '#hsm/token.ts';
import type { TokenObject } from '#hsm/token-objects.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import { type Entropy, sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { Stopwatch } from '#shared/stopwatch.ts';
import type { CellEvent, CellStatus } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { type Books, openBooks } from './books.ts';
import type { CellParts } from './cell-parts.ts';
import { type EmptyToken, finishDecommission } from './decommission.ts';
import { ExactStock } from './exact-stock.ts';
import { type Identity, openIdentity, readProvisioned } from './identity.ts';
import { LicenceFiles } from './licences/licence-files.ts';
import { Revocations } from './licences/revocations.ts';
import { lockedBuffers } from './locked-buffers.ts';
import { drinkMixer, type MachineKind } from './machine-kind.ts';
import { machineModel } from './machine-model.ts';
import { Mixer } from './mixer.ts';
import { openOutputs } from './outputs.ts';
import { Purchase } from './purchase.ts';
import { LineWatch } from './service/line-watch.ts';
import { liveConfig } from './service/live-config.ts';
import { ServiceJobs } from './service/service-jobs.ts';
import { openSpool, type Spool, type SpoolPorts } from './spool.ts';
import { statusOf } from './status.ts';
import { takeUp } from './take-up.ts';
import { TrustedTime } from './trusted-time.ts';

/** What a cell is made of, and stands on. */
export interface CellMaterial {
  readonly config: MachineConfig;
  readonly token: Token;
  /** Every object of the token, read back; without it no further class key is taken. */
  readonly tokenObjects?: () => readonly TokenObject[];
  /** The cell's own folder: journal, licences, spool. */
  readonly disk: Disk;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly tell: (event: CellEvent) => void;
  /** Of the drivers that time doses by this computer; without it the machine cannot have one of those. */
  readonly stopwatch?: Stopwatch;
  /** The outputs, when they are there already; else those that the configuration names. Closed with the cell. */
  readonly dispenser?: Dispenser;
  /** The class of machines that this one is of; a drink mixer unless told. */
  readonly kind?: MachineKind;
  /** Destroys what is in the token; without it the machine cannot be decommissioned. */
  readonly emptyToken?: EmptyToken;
  /** Ends the process in order: there is no machine any more. */
  readonly ended?: () => void;
  /** Called with what could not be written down: the process has to end, and the journal tells the next what to do. */
  readonly broken: (error: unknown) => void;
}

/**
 * Every part of the cell, brought in order after whatever ended the process before. Disposing it stops every pump and closes
 * the journal; the token stays open.
 * @throws Failure `machine/not-provisioned`, `machine/retired`, `token/key-missing`, `journal/broken`, `dispenser/output-stuck`,
 * `dispenser/failed`, `disk/failed`
 */
export async function assembleCell(material: CellMaterial): Promise<CellParts & AsyncDisposable> {
  const { config: written, token, disk, entropy, log, kind = drinkMixer } = material;
  await using stack = new AsyncDisposableStack();
  // anchors that were superseded run out by trusted time, too, once there is one
  let judge: Pick<Clock, 'now'> = material.clock;
  const identity = await ownIdentity(material, { now: () => judge.now() });
  let isLive = false;
  const broken = (error: unknown): void => {
    if (isLive) material.broken(error);
  };
  const books = stack.use(await ownBooks(material, broken));
  const time = new TrustedTime({ books, identity, clock: material.clock, entropy, log });
  judge = time;
  // whatever is judged or written down from here on is so by trusted time
  const clock = time.asClock();
  const config = liveConfig(written, books);
  const grounds = { ...material, config, clock };
  const dispenser = stack.use(material.dispenser ?? (await openOutputs(written, grounds)));
  // machines that were provisioned by an earlier release have none
  await token.ensureStateKey();
  const executor = kind.openExecutor({ dispenser, clock, log, machine: machineModel(config), token });
  await takeUp({ ...grounds, books, executor });
  const stock = new ExactStock({ ...grounds, books });
  await stock.keep();
  const spool = await ownSpool(identity, { ...grounds, machineClass: kind.machineClass });
  const { anchors } = identity;
  const licenceFiles = await LicenceFiles.open({ disk, books, anchors, log });
  const revocations = await Revocations.open({ token, books, identity, spool, disk, time, log });
  const buffers = stack.use(lockedBuffers(kind.machineClass));
  const status = (): CellStatus => statusOf(parts);
  const machine = {
    ...grounds,
    identity,
    books,
    dispenser,
    executor,
    stock,
    spool,
    buffers,
    time,
    licenceFiles,
    status,
  };
  const parts = workingParts(machine, written, revocations);
  endLast(parts, stack);
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

/** What moves pumps ends before what it stands on. */
function endLast({ mixer, service, lineWatch }: CellParts, stack: AsyncDisposableStack): void {
  stack.defer(() => mixer.close());
  stack.defer(() => service.close());
  stack.use(lineWatch);
}

/** Recipes that the machine's class keys open: an epoch may have fallen out while the cell stood still. */
async function ownSpool(identity: Identity, ports: Omit<SpoolPorts, 'anchors' | 'holds'>): Promise<Spool> {
  const holds = (kids: readonly Uint8Array[]): boolean =>
    kids.some((kid) => identity.classKeys.some(({ digest }) => sameBytes(digest, kid)));
  const spool = await openSpool({ ...ports, anchors: identity.anchors, holds });
  if ((identity.provisioned.retired ?? []).length > 0) await spool.dropUnheld();
  return spool;
}

/** What takes orders and pours, with what it stands on. */
function workingParts(
  machine: Omit<
    CellParts,
    'mixer' | 'purchase' | 'revocations' | 'bits' | 'low' | 'batch' | 'idle' | 'written' | 'service' | 'lineWatch'
  >,
  written: MachineConfig,
  revocations: Revocations,
): CellParts {
  const { config } = machine;
  const mixer = new Mixer(machine);
  const lineWatch = new LineWatch(machine);
  const limits = { ordersPerHour: config.limits.orders_per_hour, spendSatPerDay: config.limits.licence_sat_per_day };
  const { prekey_bits: bits, prekey_pool: pool } = config.token;
  return {
    ...machine,
    mixer,
    written,
    service: new ServiceJobs({ ...machine, mixer }),
    lineWatch,
    purchase: new Purchase({ ...machine, limits }),
    revocations: {
      // not while a use is being burned
      take: (bytes) => mixer.exclusively(() => revocations.take(bytes)),
      review: () => mixer.exclusively(() => revocations.review()),
    },
    bits,
    low: pool.low,
    batch: pool.batch,
    idle: () => mixer.idle,
  };
}

/** Who this machine is, unless it was being decommissioned: then nothing is left of it now. */
async function ownIdentity(
  { config, token, disk, emptyToken }: CellMaterial,
  clock: Pick<Clock, 'now'>,
): Promise<Identity> {
  await finishDecommission(disk, emptyToken);
  const identity = openIdentity(await readProvisioned(disk), token, clock);
  if (identity.machine !== config.machine.id) throw new Failure('machine/not-provisioned', { id: config.machine.id });
  return identity;
}

/** The journal; that it is damaged is an event that somebody has to look into. */
async function ownBooks({ disk, log }: CellMaterial, broken: (error: unknown) => void): Promise<Books> {
  try {
    return await openBooks(disk, broken);
  } catch (error) {
    if (isFailure(error, 'journal/broken')) log.error('journal damaged', { ...error.facts, code: error.code });
    throw error;
  }
}
