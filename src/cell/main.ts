import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findModule } from '#hsm/cryptoki.ts';
import { emptyToken } from '#hsm/empty-token.ts';
import { openToken } from '#hsm/open-token.ts';
import { readTokenObjects } from '#hsm/token-objects.ts';
import { requireConfig } from '#shared/config.ts';
import type { Connection } from '#shared/connection.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { systemStopwatch } from '#shared/node/system-stopwatch.ts';
import { listenUnix } from '#shared/node/unix-socket.ts';
import { encodeCbor } from '#wire/cbor.ts';
import type { CellEvent } from '#wire/cell-api.ts';
import { encodeFrame } from '#wire/framing.ts';
import { machineConfig } from '#wire/machine-config.ts';
import { serve } from './api/serve.ts';
import { assembleCell } from './assemble.ts';
import { deskOperations, serviceSocketOperations } from './operations.ts';

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
  const parts = stack.use(
    await assembleCell({
      config,
      token,
      tokenObjects: () => readTokenObjects(token.login),
      emptyToken: (keep) => emptyToken(token.login, keep),
      ended: () => process.kill(process.pid, 'SIGTERM'),
      log,
      disk: systemDisk(options.state),
      clock: systemClock,
      entropy: systemEntropy,
      stopwatch: systemStopwatch(),
      tell: (event) => tellAll(desks, event),
      broken: crash,
    }),
  );
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

/** An exception that nobody catches: Node ends the process with it. */
function crash(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
