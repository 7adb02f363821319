import mqtt, { type MqttClient } from 'mqtt';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { Broker } from './courier.ts';

/** Our name at the broker, its one publisher to machines. No machine can have it: machine ids have no dots. */
export const courierName = 'courier.marketplace';

export interface MqttOptions {
  /** `mqtts://host:port` */
  readonly url: string;
  /** 5 with mosquitto, 4 with the embedded broker. */
  readonly protocolVersion: 4 | 5;
  /** The common name of our certificate, which brokers take for the client id too. */
  readonly name: string;
  /** PEM: CA of the broker, our certificate and its key. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly log: Log;
}

export interface MqttBroker extends Broker, AsyncDisposable {}

const publishTimeoutMs = 5000;

/** A client that connects by itself, again and again, from now on until it is disposed. */
export function connectMqtt({ url, protocolVersion, name, ca, certificate, key, log }: MqttOptions): MqttBroker {
  const client = mqtt.connect(url, {
    protocolVersion,
    clientId: name,
    clean: true,
    ca,
    cert: certificate,
    key,
    reconnectPeriod: 500,
    connectTimeout: 5000,
    queueQoSZero: false,
  });
  client.on('error', (error) => log.warn('broker-error', { reason: error.message }));
  client.on('close', () => log.info('broker-closed'));
  return {
    publish: async (topic, payload) => {
      if (!client.connected) throw new Failure('broker/unreachable', {});
      const taken = client.publishAsync(topic, Buffer.from(payload), { qos: 1, retain: false });
      await takenInTime(client, taken);
    },
    onConnected: (listener) => {
      client.on('connect', () => {
        log.info('broker-connected');
        listener();
      });
    },
    [Symbol.asyncDispose]: async () => {
      await client.endAsync(true);
    },
  };
}

/** Rejects with `broker/unreachable` when the connection ends, or five seconds pass, before the broker has answered. */
async function takenInTime(client: MqttClient, taken: Promise<unknown>): Promise<void> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const refuse = (): void => reject(new Failure('broker/unreachable', { reason: 'no acknowledgement' }));
  const timeout = AbortSignal.timeout(publishTimeoutMs);
  timeout.addEventListener('abort', refuse, { once: true });
  client.once('close', refuse);
  try {
    await Promise.race([taken, lost]);
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('broker/unreachable', {}, error);
  } finally {
    timeout.removeEventListener('abort', refuse);
    client.removeListener('close', refuse);
  }
}
