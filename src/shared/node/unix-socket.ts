import { chmod, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import type { Connection, Listener } from '../connection.ts';
import { Failure } from '../failure.ts';

/** Listens on a Unix socket at `path` with file mode `mode`; a socket file left by a dead process is replaced. */
export async function listenUnix(
  path: string,
  mode: number,
  serve: (connection: Connection) => void,
): Promise<Listener> {
  await rm(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    serve(wrap(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, mode);
  return {
    address: path,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** @throws Failure `machine/cell-unreachable` when nobody listens at `path` */
export function connectUnix(path: string): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', (error) => reject(new Failure('machine/cell-unreachable', {}, error)));
    socket.once('connect', () => resolve(wrap(socket)));
  });
}

function wrap(socket: Socket): Connection {
  // an error is always followed by close, which is what the listeners get
  socket.on('error', () => {});
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) =>
          error ? reject(new Failure('machine/cell-unreachable', {}, error)) : resolve(),
        );
      }),
    onBytes: (listener) => socket.on('data', listener),
    onClose: (listener) => socket.once('close', listener),
    close: () => socket.destroy(),
  };
}
