import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureSoftToken } from '#hsm/own-soft-token.ts';
import { openToken } from '#hsm/open-token.ts';
import { MarketplaceIdentity } from '#marketplace/identity.ts';
import { courierName } from '#marketplace/courier/mqtt-broker.ts';
import { runMarketplace } from '#marketplace/main.ts';
import { serve } from '#cell/api/serve.ts';
import { listenUnix } from '#shared/node/unix-socket.ts';
import { pinoLog } from '#shared/node/pino-log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type RunningBroker, startBroker } from '../demo/broker.ts';
import { portOption, unknownAction } from '../console/options.ts';
import { adminSocket } from '../marketplace/admin-api.ts';
import { adminSocketOperations } from '../marketplace/admin-operations.ts';
import { serveUntilStopped } from '../process.ts';
import { adminActions, adminHelp, administer, adminUsage } from './marketplace-admin.ts';

export const help = `usage: decant marketplace --state DIR [--host ADDRESS] [--port N] [--broker-port N] [--issuer URL]
${adminUsage}

The reference marketplace in one process, and its MQTT broker as a child (mosquitto where it is installed).
DATABASE_URL names a PostgreSQL; without it PostgreSQL is embedded, which is one process without isolation.

  --state DIR      certificates, token, embedded database, broker
  --host ADDRESS   where to listen (127.0.0.1)
  --port N         HTTPS (8443)
  --broker-port N  MQTT over TLS (8883)
  --issuer URL     the name that machines pin (https://marketplace.decant.localhost)

${adminHelp}`;

/** What the process says when it is ready. */
export interface MarketplaceReady {
  readonly url: string;
  readonly issuer: string;
  readonly ca: string;
  readonly broker: string;
  readonly mqtt: 4 | 5;
}

export function run(args: readonly string[]): Promise<number> {
  const [first = '', ...more] = args;
  const action = adminActions.find((one) => one === first);
  if (action !== undefined) return administer(action, more);
  if (first !== '' && !first.startsWith('-')) throw unknownAction(first, adminActions);
  const { values } = parseArgs({
    args: [...args],
    options: {
      state: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '8443' },
      'broker-port': { type: 'string', default: '8883' },
      issuer: { type: 'string', default: 'https://marketplace.decant.localhost' },
      'with-parent': { type: 'boolean', default: false },
    },
  });
  const state = values.state ?? process.env['DECANT_STATE'] ?? '/var/lib/decant-marketplace';
  const ports = {
    https: portOption(values.port, '--port'),
    broker: portOption(values['broker-port'], '--broker-port'),
  };
  return serveUntilStopped(values['with-parent'], () => start(state, values.host, values.issuer, ports));
}

async function start(state: string, host: string, issuer: string, ports: { https: number; broker: number }) {
  const log = pinoLog('marketplace');
  const place = {
    folder: join(state, 'token'),
    label: 'licensing',
    module: process.env['DECANT_PKCS11_MODULE'],
    entropy: systemEntropy,
  };
  await using stack = new AsyncDisposableStack();
  const broker = stack.use(await ownBroker(state, ports.broker, place));
  if (broker.kind === 'embedded') log.warn('embedded broker: for demonstration only; install mosquitto');
  const url = process.env['DATABASE_URL'];
  const running = stack.use(
    await runMarketplace({
      state,
      host,
      port: ports.https,
      issuer,
      token: await ensureSoftToken(place),
      broker: { url: broker.url, protocolVersion: broker.protocolVersion },
      ...(url === undefined ? {} : { database: { url } }),
      log,
    }),
  );
  stack.use(
    await listenUnix(adminSocket(state), 0o600, (connection) =>
      serve(connection, adminSocketOperations(running.administration), log),
    ),
  );
  const ready: MarketplaceReady = {
    url: running.url,
    issuer: running.issuer,
    ca: running.caPem,
    broker: broker.url,
    mqtt: broker.protocolVersion,
  };
  return { ready, running: stack.move() };
}

/** A broker under a certificate of the marketplace's own CA. */
async function ownBroker(
  state: string,
  port: number,
  place: Parameters<typeof ensureSoftToken>[0],
): Promise<RunningBroker> {
  const toOpen = await ensureSoftToken(place);
  using token = await openToken(toOpen);
  toOpen.pin.fill(0);
  const ports = { token, disk: systemDisk(state), clock: systemClock, entropy: systemEntropy };
  const identity = await MarketplaceIdentity.open(ports);
  const { certificate, key } = await identity.tlsServer('Decant broker', { dns: ['localhost'], ip: ['127.0.0.1'] });
  const tls = { ca: identity.caPem, certificate, key };
  return await startBroker({ folder: join(state, 'broker'), port, tls, publisher: courierName, persistent: true });
}
