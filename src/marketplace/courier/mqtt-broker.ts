import mqtt from 'mqtt';
import { Failure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { Broker } from './courier.ts';

export interface MqttOptions {
  /** `mqtts://host:port` */
  readonly url: string;
  /** 5 with mosquitto, 4 with the embedded broker. */
  readonly protocolVersion: 4 | 5;
  /** PEM: CA of the broker, our certificate and its key. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly log: Log;
}

export interface MqttBroker extends Broker, AsyncDisposable {}

const publishTimeoutMs = 5000;

/** A client that connects by itself, again and again, from now on until it is disposed. */
export function connectMqtt({ url, protocolVersion, ca, certificate, key, log }: MqttOptions): MqttBroker {
  const client = mqtt.connect(url, {
    protocolVersion,
    clientId: 'marketplace.courier',
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
      await withTimeout(taken);
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

async function withTimeout(work: Promise<unknown>): Promise<void> {
  const timeout = AbortSignal.timeout(publishTimeoutMs);
  const { promise, reject } = Promise.withResolvers<never>();
  const refuse = (): void => reject(new Failure('broker/unreachable', { reason: 'no acknowledgement in time' }));
  timeout.addEventListener('abort', refuse, { once: true });
  try {
    await Promise.race([work, promise]);
  } catch (error) {
    throw error instanceof Failure ? error : new Failure('broker/unreachable', {}, error);
  } finally {
    timeout.removeEventListener('abort', refuse);
  }
}
