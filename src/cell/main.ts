import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findModule } from '#hsm/cryptoki.ts';
import { openToken } from '#hsm/open-token.ts';
import { requireConfig } from '#shared/config.ts';
import type { Connection } from '#shared/connection.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { listenUnix } from '#shared/node/unix-socket.ts';
import { encodeCbor } from '#wire/cbor.ts';
import type { CellEvent } from '#wire/cell-api.ts';
import { encodeFrame } from '#wire/framing.ts';
import { machineConfig } from '#wire/machine-config.ts';
import { serve } from './api/serve.ts';
import { openBooks } from './books.ts';
import { createExecutor } from './executor/executor.ts';
import { openIdentity, readProvisioned } from './identity.ts';
import { recover } from './licences/recovery.ts';
import { machineModel, openDispenser } from './machine-model.ts';
import { Mixer, type MixerPorts } from './mixer.ts';
import { type CellParts, deskOperations, serviceSocketOperations } from './operations.ts';
import { destroyOrphans } from './prekeys.ts';
import { Purchase } from './purchase.ts';
import { software } from './software.ts';
import { statusOf } from './status.ts';
import { openSpool } from './spool.ts';

export interface CellOptions {
  /** The cell's own folder: journal, licences, spool. */
  readonly state: string;
  /** Path of machine.yaml. */
  readonly config: string;
  /** Path of the file with the token PIN (a systemd credential). */
  readonly pinFile: string;
  /** Folder of the two sockets: `cell/cell.sock` for desk, `service/service.sock` for the technician's console. */
  readonly sockets: string;
  /** Where SoftHSM keeps its tokens; null for a hardware token. */
  readonly softTokens: string | null;
  readonly log: Log;
}

/** Starts the cell; disposing the result stops every pump, closes the sockets and ends the token's sessions. */
export async function runCell(options: CellOptions): Promise<AsyncDisposable> {
  const { log } = options;
  await using stack = new AsyncDisposableStack();
  const config = requireConfig(options.config, await readFile(options.config, 'utf8'), machineConfig);
  const disk = systemDisk(options.state);
  const ports = { disk, clock: systemClock, entropy: systemEntropy, log, config };
  const token = stack.use(await openMachineToken(options, config.token));
  requireAllowed(token.tokenClass, config.token.allow_soft_token, log);
  const identity = openIdentity(await readProvisioned(disk), token);
  const books = stack.use(await openBooks(disk));
  const dispenser = stack.use(openDispenser(config, systemClock));
  const executor = createExecutor({ dispenser, clock: systemClock, log, machine: machineModel(config) });
  await executor.configure();
  await takeUp({ token, books, log });
  const spool = await openSpool({ ...ports, anchors: identity.anchors });
  const limits = { ordersPerHour: config.limits.orders_per_hour, spendSatPerDay: config.limits.licence_sat_per_day };
  const desks = new Set<Connection>();
  const mixerPorts: MixerPorts = {
    ...ports,
    token,
    identity,
    books,
    dispenser,
    executor,
    spool,
    tell: (event) => tellAll(desks, event),
    status: () => statusOf(parts),
  };
  const mixer = new Mixer(mixerPorts);
  stack.defer(() => mixer.close());
  const parts: CellParts = {
    ...mixerPorts,
    entropy: systemEntropy,
    mixer,
    purchase: new Purchase({ ...ports, books, identity, spool, limits }),
    bits: config.token.prekey_bits,
    low: config.token.prekey_pool.low,
    batch: config.token.prekey_pool.batch,
  };
  stack.use(
    await listenUnix(join(options.sockets, 'cell', 'cell.sock'), 0o660, (connection) => {
      desks.add(connection);
      connection.onClose(() => desks.delete(connection));
      serve(connection, deskOperations(parts), log);
    }),
  );
  stack.use(
    await listenUnix(join(options.sockets, 'service', 'service.sock'), 0o660, (connection) =>
      serve(connection, serviceSocketOperations(parts), log),
    ),
  );
  log.info('cell ready', {
    machine: identity.machine,
    entries: books.journal.head().index,
    driver: dispenser.guarantee.driver,
  });
  return stack.move();
}

async function openMachineToken(options: CellOptions, { module, label }: { module: string; label: string }) {
  const pin = await readFile(options.pinFile);
  try {
    return await openToken({
      module: findModule(module === 'auto' ? process.env.DECANT_PKCS11_MODULE : module),
      label,
      pin: pin.subarray(0, pin.at(-1) === 0x0a ? -1 : undefined),
      entropy: systemEntropy,
      ...(options.softTokens === null ? {} : { tokensFolder: options.softTokens }),
    });
  } finally {
    pin.fill(0);
  }
}

function requireAllowed(tokenClass: string, allowSoft: boolean, log: Log): void {
  if (tokenClass !== 'soft') return;
  if (!allowSoft) throw new Failure('token/soft-refused');
  log.warn(
    'soft token: whoever copies its files can bring a spent licence back; for demonstration and development only',
  );
}

/** Brings the books in order after whatever ended the process before. */
async function takeUp({ token, books, log }: Pick<CellParts, 'token' | 'books' | 'log'>): Promise<void> {
  if (books.tornBytes > 0) log.warn('torn journal entry cut off', { bytes: books.tornBytes });
  const now = systemClock.now();
  for (const entry of recover(
    books.ledger,
    (use) => token.hasKey(use.label),
    () => 0,
    now,
  )) {
    await books.append(entry);
    log.warn('taken up after an interruption', { kind: entry.kind });
  }
  await destroyOrphans({ token, books, log });
  await books.append({ kind: 'BOOT', software, token: token.serial, at: now });
}

function tellAll(desks: Iterable<Connection>, { event, body }: CellEvent): void {
  const frame = encodeFrame(encodeCbor({ event, body }));
  for (const desk of desks) desk.send(frame).catch(() => desk.close());
}
