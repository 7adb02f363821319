import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { addressBook } from '#payment/address-book.ts';
import { diskIndexStore } from '#payment/disk-index-store.ts';
import { esplora } from '#payment/esplora.ts';
import { FreshAddresses } from '#payment/fresh-addresses.ts';
import { InvoiceWatcher } from '#payment/invoice-watcher.ts';
import { invoicePolicy } from '#payment/invoice-policy.ts';
import { networkNamed } from '#payment/network.ts';
import { Vouchers } from '#payment/voucher.ts';
import { requireConfig } from '#shared/config.ts';
import type { Connection } from '#shared/connection.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { connectUnix } from '#shared/node/unix-socket.ts';
import { milliseconds, satoshi } from '#shared/units.ts';
import { type MachineConfig, machineConfig } from '#wire/machine-config.ts';
import type { Broker } from './broker.ts';
import { brokerLink } from './broker-link.ts';
import { CellLink } from './cell/cell-link.ts';
import { openShelf, type Shelf } from './catalogue/shelf.ts';
import { Desk } from './desk.ts';
import { type MarketplaceClient, marketplaceClient } from './marketplace/marketplace-client.ts';
import { marketplaceSession } from './marketplace/session.ts';
import { nodeHttpsClient } from './node-https-client.ts';
import { nodeTlsKey } from './node-tls-key.ts';
import { Counter } from './orders/counter.ts';
import { fulfilOrder } from './orders/fulfil-order.ts';
import { openOrder, type OpenOrderPorts } from './orders/open-order.ts';
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
  const connect = (): Promise<Connection> => connectUnix(join(options.sockets, 'cell', 'cell.sock'));
  const cell = stack.use(new CellLink({ connect, clock, log }));
  const https = stack.adopt(nodeHttpsClient(config.marketplace.url, ca), (client) => client.close());
  const session = marketplaceSession({ https, cell, clock, log, makeKey: nodeTlsKey });
  const marketplace = marketplaceClient(session);
  const licencePost = new ArrivedLicences();
  const sync = new Sync({ cell, marketplace, licencePost, log });
  const shelf = openShelf(database);
  const { state } = options;
  const orders = orderParts({ config, state, database, cell, marketplace, licencePost, sync, shelf, log }, stack);
  const { broker: url, mqtt: version } = config.marketplace;
  const link = { url, version, ca, machine: config.machine.id, log };
  const broker: Broker = (ears, credential) => brokerLink(link, ears, credential);
  const desk = stack.use(new Desk({ config, cell, session, broker, marketplace, sync, shelf, ...orders, clock, log }));
  const server = await screenServer(desk, { pages: options.pages, log });
  stack.defer(() => server.close());
  await listen(server, config);
  log.info('desk ready', { port: config.desk.port });
  return stack.move();
}

interface OrderPorts {
  readonly config: MachineConfig;
  readonly state: string;
  readonly database: DatabaseSync;
  readonly cell: CellLink;
  readonly marketplace: MarketplaceClient;
  readonly licencePost: ArrivedLicences;
  readonly sync: Sync;
  readonly shelf: Shelf;
  readonly log: Log;
}

/** The counter, what sees its orders through, and what watches their payments; `stack` ends them. */
function orderParts({ config, state, database, shelf, log, ...ports }: OrderPorts, stack: AsyncDisposableStack) {
  const clock = systemClock;
  const { chain, ...money } = paymentParts(config, state);
  const vouchers = new Vouchers(openVoucherStore(database), systemEntropy);
  const store = openOrderStore(database, clock);
  const redeem: OpenOrderPorts['redeem'] = (code, price, order, along) =>
    vouchers.redeem(code, price, order, clock.now(), along);
  const counter = new Counter({
    store,
    clock,
    log,
    open: openOrder({ store, shelf, clock, margin: satoshi(config.desk.margin_sat), redeem }),
    fulfil: (order, effect, at) => fulfil(order, effect, at),
  });
  stack.defer(() => counter.close());
  const interval = milliseconds(config.payment.poll_ms);
  const slowInterval = milliseconds(Math.max(config.payment.slow_poll_ms, config.payment.poll_ms));
  const watcher = stack.use(new InvoiceWatcher({ source: chain, shelf: counter, clock, log, interval, slowInterval }));
  const fulfil = fulfilOrder({
    ...ports,
    ...money,
    vouchers,
    machineName: config.machine.name,
    clock,
    log,
    watch: () => watcher.poke(),
  });
  return { counter, watcher };
}

function paymentParts(config: MachineConfig, state: string) {
  const { payment } = config;
  const network = networkNamed(payment.network, { mainnet: payment.mainnet });
  const book = addressBook(payment.descriptor, network, diskIndexStore(systemDisk(state), 'next-address'));
  const chain = esplora({ base: payment.esplora, network, fetch, clock: systemClock });
  const policy = invoicePolicy(network, {
    confirmations: payment.confirmations,
    expiry: milliseconds(payment.invoice_seconds * 1000),
    grace: milliseconds(payment.grace_seconds * 1000),
  });
  return { addresses: new FreshAddresses(book, chain), chain, policy };
}

async function listen(server: Awaited<ReturnType<typeof screenServer>>, { desk }: MachineConfig): Promise<void> {
  try {
    await server.listen({ host: desk.listen, port: desk.port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Failure('config/port-taken', { port: desk.port, option: 'desk.port in machine.yaml' }, error);
  }
}
