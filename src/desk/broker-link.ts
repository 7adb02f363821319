import mqtt, { type MqttClient } from 'mqtt';
import type { Log } from '#shared/log.ts';
import { licenceTopic, noticeTopic, revokeTopic } from '#wire/marketplace-api.ts';
import type { BrokerConnection, BrokerEars } from './broker.ts';
import type { TlsCredential } from './marketplace/https-client.ts';

export interface BrokerLinkOptions {
  readonly url: string;
  /** PEM of the pinned CA. */
  readonly ca: string;
  readonly machine: string;
  /** MQTT 5, or 4 (3.1.1) for the embedded demo broker. */
  readonly version: 4 | 5;
  readonly log: Log;
}

const weekSeconds = 7 * 24 * 3600;
const licenceBytes = 32 * 1024;

/**
 * The broker's push of licences and notices over mutual TLS. Nothing that it brings is believed for where it came from,
 * and nothing that it loses is missed: REST is the truth.
 */
export function brokerLink(options: BrokerLinkOptions, ears: BrokerEars, credential: TlsCredential): BrokerConnection {
  const { machine, log } = options;
  const client = mqtt.connect(options.url, {
    ...credential,
    ca: options.ca,
    protocolVersion: options.version,
    clientId: machine,
    clean: false,
    reconnectPeriod: 1000,
    connectTimeout: 5000,
    resubscribe: true,
    ...(options.version === 5
      ? { properties: { sessionExpiryInterval: weekSeconds, maximumPacketSize: 64 * 1024 } }
      : {}),
  });
  client.on('connect', () => {
    log.info('broker connected');
    subscribe(client, machine, log);
  });
  client.on('close', () => log.info('broker connection closed'));
  client.on('error', (error) => log.warn('broker refused', { code: 'broker/unreachable', reason: error.message }));
  client.on('message', (topic, payload) => {
    if (topic === licenceTopic(machine) && payload.length <= licenceBytes) ears.onLicence(new Uint8Array(payload));
    if (topic === revokeTopic(machine) && payload.length <= licenceBytes) ears.onRevocation(new Uint8Array(payload));
    if (topic === noticeTopic(machine)) ears.onNotice();
  });
  return { close: () => client.endAsync(true) };
}

function subscribe(client: MqttClient, machine: string, log: Log): void {
  const topics = [licenceTopic(machine), noticeTopic(machine), revokeTopic(machine)];
  client.subscribeAsync(topics, { qos: 1 }).catch((error: unknown) => {
    log.warn('subscription refused', { reason: String(error) });
  });
}
