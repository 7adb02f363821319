import { once } from 'node:events';
import { createServer, type Server, TLSSocket } from 'node:tls';
import { Aedes, type Client } from 'aedes';
import { Failure } from '#shared/failure.ts';
import { commonName } from '#wire/certificate-chain.ts';
import { mayPublish, maySubscribe } from './broker-access.ts';
import { type BrokerOptions, maxMessageBytes, type RunningBroker } from './running-broker.ts';

/**
 * A broker in this process (MQTT 3.1.1, nothing on disk), for demos where mosquitto is not installed; names and access
 * as with mosquitto.
 * @throws Failure `config/port-taken`
 */
export async function startEmbeddedBroker({ port, tls, publisher }: BrokerOptions): Promise<RunningBroker> {
  const broker = await Aedes.createBroker();
  restrict(broker, publisher);
  const server = createServer(
    { ca: tls.ca, cert: tls.certificate, key: tls.key, requestCert: true, minVersion: 'TLSv1.3' },
    (socket) => {
      socket.on('error', () => socket.destroy());
      broker.handle(socket);
    },
  );
  const bound = await listen(server, port);
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    await new Promise<void>((done) => broker.close(() => done()));
    await closed;
  };
  return {
    url: `mqtts://127.0.0.1:${bound}`,
    port: bound,
    kind: 'embedded',
    protocolVersion: 4,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function restrict(broker: Aedes, publisher: string): void {
  broker.preConnect = (client, packet, done) => {
    const name = nameOf(client);
    // else any machine takes over another's session by naming its client id
    const own = name !== '' && packet.clientId === name;
    done(own ? null : new Error('not its own name'), own);
  };
  broker.authorizePublish = (client, packet, done) => {
    const allowed = client !== null && mayPublish(publisher, nameOf(client), packet.topic);
    const small = packet.payload.length <= maxMessageBytes;
    done(allowed && small ? null : new Error('not allowed'));
  };
  broker.authorizeSubscribe = (client, subscription, done) => {
    done(null, maySubscribe(publisher, nameOf(client), subscription.topic) ? subscription : null);
  };
}

/** Common name of the certificate that TLS has verified. */
function nameOf(client: Client): string {
  const certificate = client.conn instanceof TLSSocket ? client.conn.getPeerX509Certificate() : undefined;
  return certificate === undefined ? '' : commonName(certificate);
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      ? new Failure('config/port-taken', { port }, error)
      : error;
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
