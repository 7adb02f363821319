import { afterAll, beforeAll, expect, it } from 'vitest';
import { marketplaceClient } from '#desk/marketplace/marketplace-client.ts';
import { marketplaceSession, type SessionPorts } from '#desk/marketplace/session.ts';
import { nodeHttpsClient } from '#desk/node-https-client.ts';
import { nodeTlsKey } from '#desk/node-tls-key.ts';
import { hex } from '#shared/entropy.ts';
import { silentLog } from '#shared/log.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { GatewayClient } from '#tests/support/marketplace/gateway-client.ts';
import type { Person } from '#tests/support/marketplace/people.ts';
import { TestJournal, TestMachine, told } from '#tests/support/marketplace/test-machine.ts';
import { price, type TestWorld, testWorld } from '#tests/support/marketplace/test-world.ts';
import { sealMessage } from '#wire/signed-message.ts';
import { type Gateway, makeGateway } from './gateway.ts';

let world: TestWorld;
let gateway: Gateway;
let origin: string;
beforeAll(async () => {
  world = await testWorld();
  const { services, identity, clock } = world;
  const tls = await identity.tlsServer('Decant marketplace', { dns: ['localhost'], ip: ['127.0.0.1'] });
  gateway = makeGateway({
    services: { ...services, payments: { balance: (machine) => services.payments.balance(`machine:${machine}`) } },
    tls: { ...tls, clientCa: identity.caPem },
    clock,
    log: silentLog,
  });
  origin = await gateway.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await gateway.close();
  await world[Symbol.asyncDispose]();
});

/** Answers desk as the cell of `person` would. */
function cellOf(person: Person): SessionPorts['cell'] {
  const client = new GatewayClient(origin, world, person);
  const answers: Record<string, (asked: never) => Promise<unknown>> = {
    client_assertion: () => Promise.resolve({ jwt: client.assertion() }),
    status: () => Promise.resolve({ machine: person.name }),
    tls_grant: async (asked: { spki: Uint8Array; nonce: Uint8Array }) => ({
      grant: await sealMessage(
        'TLS_GRANT',
        { machine: person.name, ...asked, expires: world.clock.now() + 60_000 },
        person.signer,
      ),
    }),
  };
  const ask = (name: string, asked: never): Promise<unknown> | undefined => answers[name]?.(asked);
  return { ask } as unknown as SessionPorts['cell'];
}

it('lets the real desk in, and sells it a licence', async () => {
  const person = await world.enrolled('mixer-1');
  await world.credit(person, price);
  const machine = new TestMachine(world, person);
  const https = nodeHttpsClient(origin, world.identity.caPem);
  const cell = cellOf(person);
  const session = marketplaceSession({ https, cell, clock: world.clock, log: silentLog, makeKey: nodeTlsKey });
  const client = marketplaceClient(session);
  const [listed] = await client.listings('beverage');
  expect(listed?.recipe).toBe(hex(world.drink.recipe));
  expect((await client.sealed(listed?.recipe ?? '', listed?.version ?? 0)).length).toBe(listed?.size);
  await client.prekeys(await machine.prekeys(1));
  const offer = await client.offer(listed?.recipe ?? '', listed?.version ?? 0, systemEntropy.bytes(16));
  const answer = await client.order(await machine.order(offer));
  const licences = await client.licencesAfter(answer.seq - 1);
  expect(licences).toHaveLength(1);
  const licence = await machine.licence(answer.seq);
  const journal = new TestJournal().grow(1);
  await client.ack(await machine.seal('ACK', { machine: 'mixer-1', cti: licence.cti, seq: 1, journal: journal.head }));
  expect((await client.head(await machine.head(journal, null))).length).toBeGreaterThan(100);
  expect((await client.usage(await machine.usage(licence))).length).toBeGreaterThan(100);
  const refused = (await client.voidClaim(await machine.voidClaim(licence))) ?? expect.fail('a licence follows');
  expect(told('REFUSED', refused).payload).toMatchObject({ code: 'licence/spent' });
  const [stored] = licences;
  await client.recover(stored ?? new Uint8Array(0));
  await client.decommission(await machine.decommission());
  await expect(client.head(await machine.head(journal, null))).rejects.toMatchObject({ code: 'machine/retired' });
  https.close();
});
