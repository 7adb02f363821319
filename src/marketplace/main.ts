import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { openEscrow } from '#hsm/escrow.ts';
import { openToken } from '#hsm/open-token.ts';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import type { Disk } from '#shared/disk.ts';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { satoshi } from '#shared/units.ts';
import type { Administration } from './administration.ts';
import { anchorsOf, applyBootstrap, readBootstrap } from './bootstrap.ts';
import { type Broker, Courier } from './courier/courier.ts';
import { connectMqtt, courierName } from './courier/mqtt-broker.ts';
import { noBroker } from './courier/no-broker.ts';
import type { Database } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { openPglite } from './database/pglite-database.ts';
import { openPostgres } from './database/postgres-database.ts';
import { type Gateway, makeGateway } from './gateway/gateway.ts';
import type { RateLimit } from './gateway/rate-limit.ts';
import { MarketplaceIdentity } from './identity.ts';
import type { LicensingPolicy } from './licensing/ports.ts';
import { type MarketplaceServices, makeServices } from './services.ts';

export interface MarketplaceOptions {
  /** Folder of the marketplace's state: certificates, bootstrap.json, the embedded database. */
  readonly state: string;
  /** Address and port to listen on; port 0 takes a free one. */
  readonly host: string;
  readonly port: number;
  /** Names and addresses in the server certificate. */
  readonly hosts?: { readonly dns: readonly string[]; readonly ip: readonly string[] };
  /** OAuth issuer; `https://HOST:PORT` when absent. */
  readonly issuer?: string;
  /** The token, initialised; `pin` is wiped. SOFTHSM2_CONF must be set before for a private SoftHSM. */
  readonly token: {
    readonly module: string;
    readonly label: string;
    readonly pin: Uint8Array;
    readonly tokensFolder?: string;
  };
  /** `postgres://…`; without it PostgreSQL is embedded in this process (`memory` keeps nothing on disk). */
  readonly database?: { readonly url: string } | 'memory';
  /** Without it nothing is pushed, and machines fetch by REST. */
  readonly broker?: { readonly url: string; readonly protocolVersion: 4 | 5 };
  readonly policy?: Partial<LicensingPolicy>;
  readonly rateLimit?: RateLimit;
  readonly log: Log;
}

/** A marketplace that listens. Disposing it stops it. */
export interface Running extends AsyncDisposable {
  /** `https://HOST:PORT` */
  readonly url: string;
  readonly issuer: string;
  /** What machines pin, DER and PEM. */
  readonly ca: Uint8Array;
  readonly caPem: string;
  /** Enrols a machine by its certificate (LDevID), DER; answers its id. */
  enrolMachine(certificate: Uint8Array): Promise<string>;
  /** Adds to a machine's prepaid account; the same key adds nothing twice. */
  creditAccount(machine: string, sat: number, key: string): Promise<void>;
  /** What the operator decides about machines. */
  readonly administration: Administration;
  /** Resolves when what was committed so far has been published, or could not be. */
  courierIdle(): Promise<void>;
}

/**
 * Starts all services in this one process and answers when the gateway listens.
 * @throws Failure `config/port-taken`, `config/invalid`, `token/missing`, `token/wrong-pin`
 */
export async function runMarketplace(options: MarketplaceOptions): Promise<Running> {
  const { log } = options;
  await using stack = new AsyncDisposableStack();
  const disk = systemDisk(options.state);
  const bootstrap = await readBootstrap(disk);
  const port = await portToUse(options.host, options.port);
  const url = `https://${options.host}:${port}`;
  const issuer = options.issuer ?? url;
  const token = stack.use(await openOwnToken(options));
  const identity = await openIdentity(token, disk);
  const database = stack.use(await openDatabase(options));
  const courier = stack.use(await makeCourier(options, identity, database, stack));
  const services = await makeServices({
    database,
    clock: systemClock,
    entropy: systemEntropy,
    identity,
    escrow: await openEscrow(token),
    anchors: anchorsOf(bootstrap),
    courier,
    issuer,
    log,
    ...(options.policy === undefined ? {} : { policy: options.policy }),
  });
  await applyBootstrap(bootstrap, services);
  const gateway = await makeOwnGateway(options, identity, services);
  stack.defer(() => gateway.close());
  await listen(gateway, options.host, port);
  courier.wake();
  log.info('marketplace-listens', { url, issuer });
  return running(services, courier, { url, issuer, ca: identity.ca, caPem: identity.caPem }, stack.move());
}

function running(
  { accounts, payments, administration }: MarketplaceServices,
  courier: Courier,
  facts: Pick<Running, 'url' | 'issuer' | 'ca' | 'caPem'>,
  stack: AsyncDisposableStack,
): Running {
  return {
    ...facts,
    enrolMachine: (certificate) => accounts.enrol(certificate),
    creditAccount: (machine, sat, key) => payments.credit(machine, satoshi(sat), key, 'voucher'),
    administration,
    courierIdle: () => courier.idle(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function openOwnToken({ token: { module, label, pin, tokensFolder } }: MarketplaceOptions): Promise<Pkcs11Token> {
  const place = tokensFolder === undefined ? {} : { tokensFolder };
  const opening = openToken({ module, label, pin, entropy: systemEntropy, ...place });
  pin.fill(0);
  return opening;
}

function openIdentity(token: Pkcs11Token, disk: Disk): Promise<MarketplaceIdentity> {
  return MarketplaceIdentity.open({ token, disk, clock: systemClock, entropy: systemEntropy });
}

async function openDatabase({ database, state, log }: MarketplaceOptions): Promise<Database> {
  const opened = await connect(database, state, log);
  await migrate(opened, systemDisk(fileURLToPath(new URL('.', import.meta.url))));
  return opened;
}

async function connect(which: MarketplaceOptions['database'], state: string, log: Log): Promise<Database> {
  if (typeof which === 'object') return openPostgres(which.url);
  log.warn('database-embedded', { note: 'one process, no isolation' });
  if (which === 'memory') return openPglite(null);
  // the embedded engine makes its folder, but not the one above
  await systemDisk(state).replace(
    'database/README',
    new TextEncoder().encode('The embedded PostgreSQL of the marketplace.\n'),
  );
  return openPglite(`${state}/database/pglite`);
}

async function makeCourier(
  { broker, log }: MarketplaceOptions,
  identity: MarketplaceIdentity,
  database: Database,
  stack: AsyncDisposableStack,
): Promise<Courier> {
  return new Courier({ database, broker: await connectBroker(broker, identity, log, stack), clock: systemClock, log });
}

async function connectBroker(
  broker: MarketplaceOptions['broker'],
  identity: MarketplaceIdentity,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<Broker> {
  if (broker === undefined) return noBroker;
  const { certificate, key } = await identity.tlsClient(courierName);
  return stack.use(connectMqtt({ ...broker, name: courierName, ca: identity.caPem, certificate, key, log }));
}

async function makeOwnGateway(
  { hosts, rateLimit, log }: MarketplaceOptions,
  identity: MarketplaceIdentity,
  services: MarketplaceServices,
): Promise<Gateway> {
  const names = hosts ?? { dns: ['localhost'], ip: ['127.0.0.1'] };
  const { certificate, key } = await identity.tlsServer('Decant marketplace', names);
  return makeGateway({
    services: { ...services, payments: { balance: (machine) => services.payments.balance(`machine:${machine}`) } },
    tls: { certificate, key, clientCa: identity.caPem },
    clock: systemClock,
    log,
    ...(rateLimit === undefined ? {} : { rateLimit }),
  });
}

async function listen(gateway: Gateway, host: string, port: number): Promise<void> {
  try {
    await gateway.listen({ host, port });
  } catch (error) {
    throw portFailure(error, port);
  }
}

/** The port itself, or, for 0, one that is free now: the issuer's name needs it before the gateway listens. */
async function portToUse(host: string, port: number): Promise<number> {
  if (port !== 0) return port;
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function portFailure(error: unknown, port: number): unknown {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    ? new Failure('config/port-taken', { port }, error)
    : error;
}
