import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { addressBook } from '#payment/address-book.ts';
import { diskIndexStore } from '#payment/disk-index-store.ts';
import { esplora } from '#payment/esplora.ts';
import { InvoiceWatcher } from '#payment/invoice-watcher.ts';
import { usualPolicy } from '#payment/invoice.ts';
import { networkNamed } from '#payment/network.ts';
import { Vouchers } from '#payment/voucher.ts';
import { requireConfig } from '#shared/config.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { connectUnix } from '#shared/node/unix-socket.ts';
import { milliseconds, satoshi } from '#shared/units.ts';
import { type MachineConfig, machineConfig } from '#wire/machine-config.ts';
import { CellLink } from './cell/cell-link.ts';
import { openShelf } from './catalogue/shelf.ts';
import { Desk } from './desk.ts';
import { marketplaceClient } from './marketplace/marketplace-client.ts';
import { marketplaceSession } from './marketplace/session.ts';
import { nodeHttpsClient } from './node-https-client.ts';
import { Counter } from './orders/counter.ts';
import { fulfilOrder } from './orders/fulfil-order.ts';
import { openOrderStore } from './orders/order-store.ts';
import { openVoucherStore } from './orders/voucher-store.ts';
import { ArrivedLicences } from './orders/arrived-licences.ts';
import { screenServer } from './screen/screen-server.ts';
import { Sync } from './sync.ts';

export interface DeskOptions {
  /** Desk's own folder: its database and the next address index. */
  readonly state: string;
  readonly config: string;
  /** Folder of the cell's sockets. */
  readonly sockets: string;
  /** Folder of the built pages. */
  readonly pages: string;
  readonly log: Log;
}

/** Starts desk; resolves when the touchscreen is served. Disposing the result ends it. */
export async function runDesk(options: DeskOptions): Promise<AsyncDisposable> {
  const { log } = options;
  await using stack = new AsyncDisposableStack();
  const config = requireConfig(options.config, await readFile(options.config, 'utf8'), machineConfig);
  const ca = await readFile(resolve(dirname(options.config), config.marketplace.ca), 'utf8');
  await mkdir(options.state, { recursive: true, mode: 0o700 });
  const database = stack.adopt(new DatabaseSync(join(options.state, 'desk.sqlite')), (open) => open.close());
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  const clock = systemClock;
  const cell = stack.use(
    new CellLink({ connect: () => connectUnix(join(options.sockets, 'cell', 'cell.sock')), clock, log }),
  );
  const https = stack.adopt(nodeHttpsClient(config.marketplace.url, ca), (client) => client.close());
  const session = marketplaceSession({ https, cell, clock, log });
  const marketplace = marketplaceClient(session);
  const sync = new Sync({ cell, marketplace, log });
  const shelf = openShelf(database);
  const money = paymentParts(config, options.state);
  const arrived = new ArrivedLicences();
  const counter = new Counter({
    store: openOrderStore(database),
    shelf,
    clock,
    log,
    margin: satoshi(config.desk.margin_sat),
    redeem: (code, price, order) => vouchers.redeem(code, price, order, clock.now()),
    fulfil: (order, effect, at) => fulfil(order, effect, at),
  });
  stack.defer(() => counter.close());
  const watcher = stack.use(
    new InvoiceWatcher({
      source: money.chain,
      shelf: counter,
      clock,
      log,
      interval: milliseconds(config.payment.poll_ms),
      slowInterval: milliseconds(Math.max(60_000, config.payment.poll_ms)),
    }),
  );
  const vouchers = new Vouchers(openVoucherStore(database), systemEntropy);
  const fulfil = fulfilOrder({
    cell,
    marketplace,
    sync,
    licencePost: arrived,
    ...money,
    vouchers,
    machineName: config.machine.name,
    clock,
    entropy: systemEntropy,
    log,
    watch: () => watcher.poke(),
  });
  const desk = stack.use(
    new Desk({ config, ca, cell, session, marketplace, sync, shelf, counter, arrived, watcher, clock, log }),
  );
  const server = await screenServer(desk, { pages: options.pages, log });
  stack.defer(() => server.close());
  await listen(server, config);
  log.info('desk ready', { port: config.desk.port });
  return stack.move();
}

function paymentParts(config: MachineConfig, state: string) {
  const { payment } = config;
  const network = networkNamed(payment.network, { mainnet: payment.mainnet });
  return {
    addresses: addressBook(payment.descriptor, network, diskIndexStore(systemDisk(state), 'next-address')),
    chain: esplora({ base: payment.esplora, network, fetch, clock: systemClock }),
    policy: {
      ...usualPolicy,
      confirmations: payment.confirmations,
      expiry: milliseconds(payment.invoice_minutes * 60_000),
    },
  };
}

async function listen(server: Awaited<ReturnType<typeof screenServer>>, { desk }: MachineConfig): Promise<void> {
  try {
    await server.listen({ host: desk.listen, port: desk.port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Failure('config/port-taken', { port: desk.port, option: 'desk.port in machine.yaml' }, error);
  }
}
