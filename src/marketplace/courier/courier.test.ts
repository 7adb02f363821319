import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrokerOptions, type RunningBroker, startBroker } from '#cli/demo/broker.ts';
import { findMosquitto } from '#cli/demo/mosquitto.ts';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import { type TestWorld, testWorld } from '#tests/support/marketplace/test-world.ts';
import { licenceTopic } from '#wire/marketplace-api.ts';
import { Courier } from './courier.ts';
import { connectMqtt, courierName, type MqttBroker } from './mqtt-broker.ts';

let world: TestWorld;
let folder: string;
let tls: BrokerOptions['tls'];
beforeAll(async () => {
  world = await testWorld();
  folder = await mkdtemp(join(tmpdir(), 'decant-broker-'));
  const server = await world.identity.tlsServer('Decant broker', { dns: ['localhost'], ip: ['127.0.0.1'] });
  tls = { ca: world.identity.caPem, ...server };
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const kinds = (await findMosquitto()) === null ? (['embedded'] as const) : (['mosquitto', 'embedded'] as const);

const start = (kind: (typeof kinds)[number], port = 0): Promise<RunningBroker> =>
  startBroker({ folder, port, tls, publisher: courierName, persistent: true, embedded: kind === 'embedded' });

async function connectAs(broker: RunningBroker, name: string, clientId = name): Promise<MqttClient> {
  const { certificate, key } = await world.identity.tlsClient(name);
  return mqtt.connectAsync(broker.url, {
    protocolVersion: broker.protocolVersion,
    clientId,
    clean: false,
    ...(broker.protocolVersion === 5 ? { properties: { sessionExpiryInterval: 3600 } } : {}),
    ca: tls.ca,
    cert: certificate,
    key,
    reconnectPeriod: 100,
  });
}

async function connectCourier(broker: RunningBroker): Promise<{ client: MqttBroker; courier: Courier }> {
  const { certificate, key } = await world.identity.tlsClient(courierName);
  const { url, protocolVersion } = broker;
  const client = connectMqtt({ url, protocolVersion, name: courierName, ca: tls.ca, certificate, key, log: silentLog });
  const connected = new Promise<void>((done) => client.onConnected(done));
  const courier = new Courier({ database: world.database, broker: client, clock: systemClock, log: silentLog });
  await connected;
  return { client, courier };
}

const put = (courier: Courier, machine: string, text: string): Promise<void> =>
  world.database.transaction((transaction) => courier.put(transaction, machine, new TextEncoder().encode(text)));
const waiting = async (): Promise<number> =>
  (await world.database.query('select id from courier.outbox where sent is null')).length;

/** Texts of the next `count` messages on the licence topic. */
function licences(client: MqttClient, machine: string, count: number): Promise<string[]> {
  const seen: string[] = [];
  return new Promise((done) => {
    client.on('message', (topic, payload) => {
      if (topic !== licenceTopic(machine)) return;
      seen.push(payload.toString());
      if (seen.length === count) done(seen);
    });
  });
}

/** Whether a client gets in; it is gone afterwards. */
async function fate(client: MqttClient): Promise<string> {
  client.on('error', () => undefined);
  const end = await new Promise<string>((done) => {
    client.once('connect', () => done('connected'));
    client.once('close', () => done('refused'));
  });
  await client.endAsync(true);
  return end;
}

describe.each(kinds)('the courier with %s', (kind) => {
  it('delivers what a transaction put into the outbox to its machine, and to no other', async () => {
    await using broker = await start(kind);
    const { client, courier } = await connectCourier(broker);
    const [mine, other] = [await connectAs(broker, 'mixer-1'), await connectAs(broker, 'mixer-2')];
    const heard: string[] = [];
    other.on('message', (topic) => heard.push(topic));
    await mine.subscribeAsync('decant/v1/mixer-1/down/#', { qos: 1 });
    await other.subscribeAsync('decant/v1/mixer-1/down/#', { qos: 1 }).catch(() => undefined);
    await other.subscribeAsync('decant/v1/mixer-2/down/#', { qos: 1 }).catch(() => undefined);
    const delivered = licences(mine, 'mixer-1', 1);
    const own = licences(other, 'mixer-2', 1);
    await put(courier, 'mixer-1', 'first');
    await put(courier, 'mixer-2', 'second');
    courier.wake();
    expect(await delivered).toEqual(['first']);
    expect(await own).toEqual(['second']);
    await courier.idle();
    expect(await waiting()).toBe(0);
    expect(heard.filter((topic) => topic.includes('mixer-1'))).toEqual([]);
    for (const machine of [mine, other]) await machine.endAsync(true);
    await courier[Symbol.asyncDispose]();
    await client[Symbol.asyncDispose]();
  });

  it('publishes nothing that was rolled back', async () => {
    await using broker = await start(kind);
    const { client, courier } = await connectCourier(broker);
    const failing = world.database.transaction(async (transaction) => {
      await courier.put(transaction, 'mixer-1', new Uint8Array(1));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await waiting()).toBe(0);
    await courier[Symbol.asyncDispose]();
    await client[Symbol.asyncDispose]();
  });

  it('keeps the outbox while the broker is away, and empties it when the broker is back', async () => {
    const broker = await start(kind);
    const { client, courier } = await connectCourier(broker);
    const machine = await connectAs(broker, 'mixer-3');
    await machine.subscribeAsync('decant/v1/mixer-3/down/#', { qos: 1 });
    await broker.stop();
    await put(courier, 'mixer-3', 'while away');
    courier.wake();
    await courier.idle();
    expect(await waiting()).toBe(2);
    const back = new Promise<void>((done) => client.onConnected(done));
    const delivered = kind === 'mosquitto' ? licences(machine, 'mixer-3', 1) : Promise.resolve(['while away']);
    await using _again = await start(kind, broker.port);
    await back;
    await courier.idle();
    expect(await waiting()).toBe(0);
    // the embedded broker forgets sessions when it ends; machines fetch by REST then
    expect(await delivered).toEqual(['while away']);
    await machine.endAsync(true);
    await courier[Symbol.asyncDispose]();
    await client[Symbol.asyncDispose]();
  });

  it('lets nobody take over the session of another, and nobody in without a certificate', async () => {
    await using broker = await start(kind);
    const victim = await connectAs(broker, 'mixer-4');
    let closed = 0;
    victim.on('close', () => {
      closed += 1;
    });
    const { certificate: cert, key } = await world.identity.tlsClient('mixer-5');
    const { protocolVersion } = broker;
    const thief = mqtt.connect(broker.url, {
      protocolVersion,
      clientId: 'mixer-4',
      ca: tls.ca,
      cert,
      key,
      reconnectPeriod: 0,
    });
    // mosquitto lets it in under its own name
    expect(await fate(thief)).toBe(kind === 'mosquitto' ? 'connected' : 'refused');
    await victim.publishAsync('decant/v1/mixer-4/up/alive', 'yes', { qos: 1 });
    expect(closed).toBe(0);
    await victim.endAsync(true);
    const stranger = mqtt.connect(broker.url, { ca: tls.ca, reconnectPeriod: 0, clientId: 'mixer-4' });
    expect(await fate(stranger)).toBe('refused');
  });

  it('says that the port is taken', async () => {
    await using broker = await start(kind);
    expect(await refusal(start(kind, broker.port))).toBe('config/port-taken');
  });
});
