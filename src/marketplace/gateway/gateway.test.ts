import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex } from '#shared/entropy.ts';
import { silentLog } from '#shared/log.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { bag, GatewayClient } from '#tests/support/marketplace/gateway-client.ts';
import { paperMachine, person } from '#tests/support/marketplace/people.ts';
import { TestJournal, TestMachine } from '#tests/support/marketplace/test-machine.ts';
import { listingOf, price, type TestWorld, testWorld } from '#tests/support/marketplace/test-world.ts';
import { decodeCbor } from '#wire/cbor.ts';
import { accountView, listings, orderAnswer, problem } from '#wire/marketplace-api.ts';
import { openMessage } from '#wire/signed-message.ts';
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
    rateLimit: { burst: 500, perSecond: 1 },
  });
  origin = await gateway.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await gateway.close();
  await world[Symbol.asyncDispose]();
});

async function desk(name: string): Promise<{ client: GatewayClient; machine: TestMachine }> {
  const person = await world.enrolled(name);
  return { client: new GatewayClient(origin, world, person), machine: new TestMachine(world, person) };
}

async function enteredDesk(name: string) {
  const both = await desk(name);
  await both.client.enter();
  return both;
}

const codeOf = async (answer: Promise<{ status: number; type: string; json(): unknown }>): Promise<string> => {
  const { status, type, json } = await answer;
  if (status < 300) return 'accepted';
  expect(type).toContain('application/problem+json');
  const parsed = problem.parse(json());
  expect(parsed.status).toBe(status);
  return parsed.code;
};

describe('a machine at the gateway', () => {
  it('goes from its enrolled key to a licence by REST alone', async () => {
    const { client, machine } = await enteredDesk('mixer-1');
    await world.credit(machine.person, 5000);
    const shelf = listings.parse((await client.send({ path: '/v1/listings?class=beverage' })).json());
    const [listed] = shelf.listings;
    expect(listed).toMatchObject({ recipe: world.drink.recipeHex, price_sat: price, slug: 'test-drink' });
    const path = `/v1/recipes/${listed?.recipe}/${listed?.version}`;
    const sealed = await client.send({ path: `${path}/sealed` });
    expect(Buffer.compare(sealed.body, world.drink.sealed.file)).toBe(0);
    expect((await client.send({ path: `${path}/picture` })).type).toBe('image/svg+xml');
    expect((await client.post('/v1/prekeys', await machine.prekeys(2))).status).toBe(204);
    const offer = await client.postJson('/v1/offers', {
      recipe: listed?.recipe,
      version: listed?.version,
      quantity: 1,
      nonce: hex(systemEntropy.bytes(16)),
    });
    expect(offer.type).toBe('application/cose');
    const answer = orderAnswer.parse((await client.post('/v1/orders', await machine.order(offer.body))).json());
    const licences = await client.send({ path: `/v1/licences?after=${answer.seq - 1}` });
    const [message] = decodeCbor(licences.body, 65_536) as Uint8Array[];
    const anchors = { licensing: [world.identity.ca] };
    const { payload } = openMessage('LICENCE', message ?? new Uint8Array(), anchors, world.clock.now());
    expect(payload).toMatchObject({ sub: 'mixer-1', seq: answer.seq });
    const account = accountView.parse((await client.send({ path: '/v1/account' })).json());
    expect(account).toEqual({ balance_sat: 5000 - price });
    const journal = new TestJournal().grow(2);
    const witness = await client.post('/v1/heads', await machine.head(journal, null));
    expect(openMessage('WITNESS', witness.body, anchors, world.clock.now()).payload.journal).toEqual(journal.head);
    const nonce = systemEntropy.bytes(16);
    const time = await client.postJson('/v1/time', { nonce: hex(nonce) });
    const told = openMessage('TIME', time.body, anchors, world.clock.now()).payload;
    expect(told).toEqual({ machine: 'mixer-1', nonce, time: world.clock.now() });
    const list = await client.send({ path: '/v1/status/1' });
    expect(list.type).toBe('application/cose');
    const status = openMessage('STATUS_LIST', list.body, anchors, world.clock.now()).payload;
    expect(payload.status.list).toBe(status.list);
    const claim = await client.post('/v1/void-claims', await machine.voidClaim(payload));
    expect([claim.status, claim.body.length]).toEqual([202, 0]);
  });

  it('gets a client certificate of at most a day, in its own name whatever it asks for', async () => {
    const { client } = await desk('daily');
    await client.takeToken('est');
    const certificates = bag(await client.simpleEnroll(await client.enrolment()));
    expect(certificates).toHaveLength(1);
    const certificate = new X509Certificate(certificates[0] ?? new Uint8Array());
    expect(certificate.subject).toBe('CN=daily');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    const end = certificate.validToDate.getTime() - world.clock.now();
    expect(end).toBeLessThanOrEqual(24 * 3600 * 1000);
    expect(end).toBeGreaterThan(23 * 3600 * 1000);
    const [ca] = bag(await client.send({ path: '/.well-known/est/cacerts' }));
    expect(ca).toEqual(world.identity.ca);
  });

  it('gets none for a grant of another key, another machine, a used or unknown nonce, or one that lasts too long', async () => {
    const { client } = await desk('grants');
    const { machine: other } = await desk('grants-other');
    await client.takeToken('est');
    const used = await client.enrolment();
    expect(await codeOf(client.simpleEnroll(used))).toBe('accepted');
    expect(await codeOf(client.simpleEnroll(used))).toBe('marketplace/duplicate');
    const cases = {
      'another key': await client.enrolment({ spki: new Uint8Array(32) }),
      'too long': await client.enrolment({ expires: world.clock.now() + 301_000 }),
      'run out': await client.enrolment({ expires: world.clock.now() }),
      'another machine': await client.enrolment({ grantedBy: other.person }),
    };
    for (const [name, enrolment] of Object.entries(cases)) {
      expect(await codeOf(client.simpleEnroll(enrolment)), name).toBe('message/not-authentic');
    }
    const unknown = await client.enrolment({ nonce: new Uint8Array(16) });
    expect(await codeOf(client.simpleEnroll(unknown))).toBe('marketplace/duplicate');
  });
});

describe('who gets in', () => {
  it('gives no machine token without a client certificate of that machine', async () => {
    const { client } = await desk('bare');
    expect(await codeOf(client.askToken('machine'))).toBe('marketplace/not-authorised');
    const { client: other } = await enteredDesk('dressed');
    client.tls = other.tls;
    expect(await codeOf(client.askToken('machine'))).toBe('marketplace/not-authorised');
  });

  it('takes a machine token only over the certificate that it is bound to', async () => {
    const { client } = await enteredDesk('bound');
    expect(await codeOf(client.send({ path: '/v1/account' }))).toBe('accepted');
    const first = client.tls;
    const { token } = client;
    client.tls = null;
    expect(await codeOf(client.send({ path: '/v1/account' }))).toBe('marketplace/not-authorised');
    await client.enter();
    client.token = token;
    expect(await codeOf(client.send({ path: '/v1/account' }))).toBe('marketplace/not-authorised');
    client.tls = first;
    expect(await codeOf(client.send({ path: '/v1/account' }))).toBe('accepted');
  });

  it('refuses tokens of the other scope, of a stranger, and none at all', async () => {
    const { client } = await enteredDesk('scoped');
    const machineToken = client.token;
    expect(await codeOf(client.send({ path: '/v1/est/nonce' }))).toBe('marketplace/not-authorised');
    await client.takeToken('est');
    expect(await codeOf(client.send({ path: '/v1/account' }))).toBe('marketplace/not-authorised');
    for (const token of ['', 'x.y.z', `${machineToken}x`]) {
      client.token = token;
      expect(await codeOf(client.send({ path: '/v1/account' })), token).toBe('marketplace/not-authorised');
    }
  });

  it('takes an assertion once, for our issuer alone, a minute long, with RS256 or PS256 of the enrolled key', async () => {
    const { client } = await desk('asserting');
    const assertion = client.assertion();
    expect(await codeOf(client.askToken('est', assertion))).toBe('accepted');
    expect(await codeOf(client.askToken('est', assertion))).toBe('marketplace/not-authorised');
    expect(await codeOf(client.askToken('est', client.assertion({}, 'PS256')))).toBe('accepted');
    const seconds = Math.floor(world.clock.now() / 1000);
    const bad: Record<string, string> = {
      'no signature': client.assertion({}, 'none'),
      'another audience': client.assertion({ aud: `${world.issuer}/oauth/token` }),
      'two audiences': client.assertion({ aud: [world.issuer, 'other'] }),
      'too long': client.assertion({ exp: seconds + 120 }),
      'run out': client.assertion({ exp: seconds - 1 }),
      'not yet': client.assertion({ nbf: seconds + 100 }),
      'another subject': client.assertion({ sub: 'mixer-1' }),
      'more claims': client.assertion({ scope: 'machine' }),
      'not enrolled': client.assertion({ iss: 'nobody', sub: 'nobody' }),
    };
    for (const [name, sent] of Object.entries(bad)) {
      expect(await codeOf(client.askToken('est', sent)), name).toBe('marketplace/not-authorised');
    }
    const impostor = new GatewayClient(origin, world, await paperMachine(world.machineCa, 'asserting', 'H'));
    expect(await codeOf(impostor.askToken('est'))).toBe('marketplace/not-authorised');
  });
});

describe('what gets through', () => {
  it('refuses unknown fields, routes, types and numbers with a problem and its code', async () => {
    const { client } = await enteredDesk('curious');
    const offer = { recipe: world.drink.recipeHex, version: 3, quantity: 1, nonce: '0'.repeat(32) };
    expect(await codeOf(client.postJson('/v1/offers', { ...offer, discount: 1 }))).toBe('message/malformed');
    expect(await codeOf(client.postJson('/v1/offers', { ...offer, quantity: 0 }))).toBe('message/malformed');
    expect(await codeOf(client.postJson('/v1/offers', offer))).toBe('accepted');
    expect(await codeOf(client.askToken('est', client.assertion(), { resource: 'x' }))).toBe('message/malformed');
    expect(await codeOf(client.send({ path: '/v1/listings?class=beverage&sort=1' }))).toBe('message/malformed');
    expect(await codeOf(client.send({ path: '/v1/licences?after=-1' }))).toBe('message/malformed');
    expect(await codeOf(client.send({ path: '/v1/recipes/00/1/sealed' }))).toBe('message/malformed');
    expect(await codeOf(client.postJson('/v1/time', { nonce: '00' }))).toBe('message/malformed');
    expect(await codeOf(client.send({ path: '/v1/status/1?all=1' }))).toBe('message/malformed');
    const window = { nbf: 2, exp: 1 };
    expect(await codeOf(client.postJson('/v1/offers', { ...offer, window }))).toBe('message/malformed');
    expect(await codeOf(client.send({ path: `/v1/recipes/${'0'.repeat(32)}/1/sealed` }))).toBe('recipe/unknown');
    expect(await codeOf(client.send({ path: '/v1/admin' }))).toBe('message/unknown-operation');
    expect(await codeOf(client.send({ method: 'DELETE', path: '/v1/account' }))).toBe('message/unknown-operation');
    expect(await codeOf(client.postJson('/v1/orders', {}))).toBe('message/malformed');
    expect(await codeOf(client.post('/v1/orders', new Uint8Array(200 * 1024)))).toBe('message/too-large');
    expect(await codeOf(client.post('/v1/orders', Uint8Array.of(1, 2, 3)))).toBe('message/malformed');
    const text = { method: 'POST', path: '/v1/orders', headers: { 'content-type': 'text/plain' }, body: 'x' };
    expect(await codeOf(client.send(text))).toBe('message/malformed');
  });

  it('tells nothing from inside when something breaks', async () => {
    const { client, machine } = await enteredDesk('breaking');
    await world.database.query('alter table payments.account rename to account_away');
    const answer = await client.send({ path: '/v1/account' });
    await world.database.query('alter table payments.account_away rename to account');
    expect(answer.status).toBe(503);
    expect(problem.parse(answer.json()).code).toBe('message/unavailable');
    expect(answer.body.toString()).not.toMatch(/account|relation|select/);
    expect(await codeOf(client.post('/v1/prekeys', await machine.prekeys(1)))).toBe('accepted');
  });

  it('takes from authors what carries their signature, and nothing else', async () => {
    const { client } = await desk('no-author');
    const certificate = await client.send({ path: '/v1/deposit-key' });
    expect(new X509Certificate(certificate.body).keyUsage).toEqual(['1.3.6.1.4.1.32473.1.7']);
    const put = (file: Uint8Array, recipe = world.drink.recipeHex) =>
      client.send({
        method: 'PUT',
        path: `/v1/recipes/${recipe}/${world.drink.version}/sealed`,
        headers: { 'content-type': 'application/octet-stream' },
        body: file,
      });
    const { file } = world.drink.sealed;
    expect((await put(file)).status).toBe(204);
    const flipped = (at: number): Uint8Array => file.map((byte, i) => (i === at ? byte ^ 1 : byte));
    expect(await codeOf(put(flipped(file.length - 1)))).toBe('recipe/digest-mismatch');
    expect(await codeOf(put(flipped(400)))).toMatch(/^recipe\/(not-authentic|malformed)$/);
    expect(await codeOf(put(file.subarray(0, file.length - 1)))).toBe('recipe/malformed');
    expect(await codeOf(put(file, 'ff'.repeat(16)))).toBe('recipe/malformed');
    expect((await client.post('/v1/listings', await listingOf(world.author, world.drink))).status).toBe(204);
    const forged = await person(world.machineCa, 'author', world.author.name);
    expect(await codeOf(client.post('/v1/listings', await listingOf(forged, world.drink)))).toBe(
      'message/not-authentic',
    );
  });

  it('slows down who asks too often, and lets it go on later', async () => {
    const { client } = await enteredDesk('eager');
    let code = 'accepted';
    for (let i = 0; i < 600 && code === 'accepted'; i += 1)
      code = (await gateway.inject('/health')).json<{ code?: string }>().code ?? 'accepted';
    expect(code).toBe('marketplace/too-many-requests');
    expect(await codeOf(client.send({ path: '/v1/account' }))).toBe('accepted');
    await world.clock.advance(100_000);
    expect((await gateway.inject('/health')).json()).toEqual({ ok: true });
  });

  it('lets a token run out after ten minutes', async () => {
    const { client } = await enteredDesk('patient');
    await world.clock.advance(599_000);
    expect(await codeOf(client.send({ path: '/v1/account' }))).toBe('accepted');
    await world.clock.advance(1000);
    expect(await codeOf(client.send({ path: '/v1/account' }))).toBe('marketplace/not-authorised');
  });
});
