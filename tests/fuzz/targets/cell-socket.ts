import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '#cell/api/serve.ts';
import { deskOperations } from '#cell/operations.ts';
import { type Log, silentLog } from '#shared/log.ts';
import { listenUnix } from '#shared/node/unix-socket.ts';
import { cellWorld } from '#tests/support/cell/cell-world.ts';
import { encodeCbor } from '#wire/cbor.ts';
import { encodeFrame } from '#wire/framing.ts';
import type { Target } from '../fuzz.ts';
import { cellApiTarget } from './cell-api.ts';

export interface SocketTarget extends Target, AsyncDisposable {
  /** Whether a caller in good form is answered. */
  answersStatus(): Promise<boolean>;
}

/** The same streams as for `cellApiTarget`, over a Unix socket into a running cell with all its operations. */
export async function cellSocketTarget(): Promise<SocketTarget> {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await cellWorld('stub'));
  const cell = stack.use(await world.ready());
  const folder = await mkdtemp(join(tmpdir(), 'decant-fuzz-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const bugs: string[] = [];
  const log: Log = { ...silentLog, error: (event, fields) => bugs.push(`${event} ${JSON.stringify(fields)}`) };
  const path = join(folder, 'cell.sock');
  const operations = deskOperations(cell.parts);
  stack.use(await listenUnix(path, 0o600, (connection) => serve(connection, operations, log)));
  const forms = cellApiTarget();
  const held = stack.move();
  return {
    ...forms,
    name: 'cell socket',
    async feed(bytes) {
      const answered = await said(path, bytes);
      if (bugs.length > 0) throw new Error(bugs.join());
      return answered > 0;
    },
    answersStatus: async () => (await said(path, encodeFrame(encodeCbor({ id: 1, op: 'status', body: {} })))) > 100,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Writes all, ends the writing half, and counts the bytes that come until the other side ends. */
function said(path: string, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve) => {
    let count = 0;
    const socket = createConnection(path, () => socket.end(bytes));
    socket.on('data', (chunk) => {
      count += chunk.length;
    });
    // a peer that closes before it has read all resets the connection
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(count));
  });
}
