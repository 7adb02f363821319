import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findModule } from '#hsm/cryptoki.ts';
import { openToken } from '#hsm/open-token.ts';
import type { Token } from '#hsm/token.ts';
import { beverage } from '#recipes/machine-class.ts';
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
import { type MachineConfig, machineConfig } from '#wire/machine-config.ts';
import { serve } from './api/serve.ts';
import { openBooks } from './books.ts';
import type { CellParts } from './cell-parts.ts';
import { createExecutor } from './executor/executor.ts';
import { openIdentity, readProvisioned } from './identity.ts';
import { lockedBuffers } from './locked-buffers.ts';
import { machineModel, openDispenser } from './machine-model.ts';
import { Mixer } from './mixer.ts';
import { deskOperations, serviceSocketOperations } from './operations.ts';
import { Purchase } from './purchase.ts';
import { openSpool } from './spool.ts';
import { statusOf } from './status.ts';
import { takeUp } from './take-up.ts';

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
  const { log, sockets } = options;
  await using stack = new AsyncDisposableStack();
  const config = requireConfig(options.config, await readFile(options.config, 'utf8'), machineConfig);
  const token = stack.use(await openMachineToken(options, config.token));
  requireAllowed(token.tokenClass, config.token.allow_soft_token, log);
  const desks = new Set<Connection>();
  const parts = await assemble(config, token, options, desks, stack);
  const { identity, books, dispenser } = parts;
  stack.use(
    await listenUnix(join(sockets, 'cell', 'cell.sock'), 0o660, (connection) => {
      desks.add(connection);
      connection.onClose(() => desks.delete(connection));
      serve(connection, deskOperations(parts), log);
    }),
  );
  stack.use(
    await listenUnix(join(sockets, 'service', 'service.sock'), 0o660, (connection) =>
      serve(connection, serviceSocketOperations(parts), log),
    ),
  );
  const { index } = books.journal.head();
  log.info('cell ready', { machine: identity.machine, entries: index, driver: dispenser.guarantee.driver });
  return stack.move();
}

/** Every part of the cell, brought in order after whatever ended the process before. */
async function assemble(
  config: MachineConfig,
  token: Token,
  { state, log }: CellOptions,
  desks: ReadonlySet<Connection>,
  stack: AsyncDisposableStack,
): Promise<CellParts> {
  const ports = { disk: systemDisk(state), clock: systemClock, entropy: systemEntropy, log, config, token };
  const identity = openIdentity(await readProvisioned(ports.disk), token);
  const books = stack.use(await openBooks(ports.disk));
  const dispenser = stack.use(openDispenser(config, systemClock));
  const executor = createExecutor({ dispenser, clock: systemClock, log, machine: machineModel(config) });
  await takeUp({ ...ports, books, executor });
  const spool = await openSpool({ ...ports, anchors: identity.anchors });
  const limits = { ordersPerHour: config.limits.orders_per_hour, spendSatPerDay: config.limits.licence_sat_per_day };
  const buffers = stack.use(lockedBuffers(beverage));
  const tell = (event: CellEvent): void => tellAll(desks, event);
  const mixerPorts = {
    ...ports,
    identity,
    books,
    dispenser,
    executor,
    spool,
    buffers,
    tell,
    status: () => statusOf(parts),
  };
  const mixer = new Mixer(mixerPorts);
  stack.defer(() => mixer.close());
  const { prekey_bits: bits, prekey_pool: pool } = config.token;
  const purchase = new Purchase({ ...ports, books, identity, spool, limits });
  const parts: CellParts = {
    ...mixerPorts,
    mixer,
    purchase,
    bits,
    low: pool.low,
    batch: pool.batch,
    idle: () => mixer.idle,
  };
  return parts;
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

function tellAll(desks: Iterable<Connection>, { event, body }: CellEvent): void {
  const frame = encodeFrame(encodeCbor({ event, body }));
  for (const desk of desks) desk.send(frame).catch(() => desk.close());
}
