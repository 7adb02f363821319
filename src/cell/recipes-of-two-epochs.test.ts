import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { readTokenObjects } from '#hsm/token-objects.ts';
import { Maker } from '#maker/maker.ts';
import { readClassKey } from '#recipes/class-key.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { type SealedRecipe, sealRecipe } from '#recipes/seal.ts';
import { hex } from '#shared/entropy.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { testConfig, machine } from '#tests/support/cell/cell-world.ts';
import { FaultyToken } from '#tests/support/cell/faulty-token.ts';
import { PaperMarket } from '#tests/support/cell/paper-market.ts';
import { Letters } from '#tests/support/cell/provisioning-world.ts';
import { type CellSurroundings, TestCell } from '#tests/support/cell/test-cell.ts';
import { WorldClock } from '#tests/support/cell/world-clock.ts';
import { type Person, paperCa, person } from '#tests/support/marketplace/people.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';
import { fewIngredients, testSource } from '#tests/support/sealed-drink.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import type { serviceOperations } from '#wire/cell-api.ts';
import { serviceSocketOperations } from './operations.ts';
import { provision } from './provision.ts';
import type { ProvisionPlan } from './provisioning/run.ts';

// a machine and a maker, each with a SoftHSM token of its own, and nothing between them but messages
let tokens: SoftTokens;
let token: Pkcs11Token;
let maker: Maker;
let author: Person;
let world: CellSurroundings & { drink: SealedRecipe };
let cell: TestCell;

const class_ = 'demo-mixer';

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('machine');
  const makerPorts = { token: await tokens.make('maker'), disk: new MemoryDisk(), clock: systemClock };
  maker = await Maker.open({ ...makerPorts, entropy: systemEntropy });
  const clock = new WorldClock();
  const market = await PaperMarket.open(clock);
  const authorCa = await paperCa('Paper authors');
  author = await person(authorCa, 'author', 'Ada Author');
  const marketCa = [market.ca.certificate];
  const anchors: TrustAnchors = {
    ...maker.anchors,
    author: [authorCa.certificate],
    catalogue: marketCa,
    licensing: marketCa,
  };
  const disk = new MemoryDisk();
  await bringIntoService(disk, anchors);
  world = {
    machine,
    clock,
    token: new FaultyToken(token),
    tokenObjects: () => readTokenObjects(token.login),
    market,
    anchors,
    drink: await sealFor(1, '000102030405060708090a0b0c0d0e01'),
    disk,
  };
  cell = await TestCell.boot(world, testConfig());
}, 120_000);
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await tokens[Symbol.asyncDispose]();
});

/** The whole ceremony on the real token. */
async function bringIntoService(disk: MemoryDisk, anchors: TrustAnchors): Promise<void> {
  const plan: ProvisionPlan = {
    machine,
    name: 'Test machine',
    machineClass: 'beverage',
    keyClass: class_,
    issuer: 'https://paper.test',
    anchors,
    identityBits: 2048,
  };
  const letters = new Letters();
  const machineToken = { token, objects: () => readTokenObjects(token.login) };
  const ports = { openToken: async () => machineToken, disk, clock: systemClock, entropy: systemEntropy, who: 'ada' };
  for (;;) {
    const result = await provision(plan, ports, letters);
    if (result.state === 'complete') return;
    if (result.state === 'waiting') await letters.answer(maker, plan, result.for);
  }
}

async function sealFor(epoch: number, recipe_id: string): Promise<SealedRecipe> {
  const certificate = await maker.classKey(class_, epoch);
  const { spki } = readClassKey([certificate], maker.anchors, systemClock.now());
  return sealRecipe({
    source: testSource({ recipe_id }),
    ingredients: fewIngredients,
    authorName: author.name,
    author: author.signer,
    classKey: spki,
    now: systemClock.now(),
    entropy: systemEntropy,
    crypto: nodeSealCrypto,
  });
}

/** Asks as the technician's console does. */
async function ask<O extends 'class_key_request' | 'class_key_take' | 'anchors_take'>(name: O, body: object) {
  const operation = serviceSocketOperations(cell.parts).get(name);
  if (operation === undefined) throw new Error(`no ${name}`);
  const answer = operation.answer.parse(await operation.run(operation.request.parse(body)));
  return answer as ReturnType<(typeof serviceOperations)[O]['answer']['parse']>;
}

async function pours(drink: SealedRecipe): Promise<string> {
  world.drink = drink;
  await cell.upload(drink.file);
  await cell.sendPrekeys();
  return (await cell.pour()).result;
}

describe('a running machine that takes a further epoch', () => {
  it('pours recipes of both, without a restart, and takes none that it could not open', async () => {
    const first = world.drink;
    expect(await pours(first)).toBe('ok');
    const { epoch } = await maker.classKeys.rotate(class_);
    expect(epoch).toBe(2);
    const second = await sealFor(2, '000102030405060708090a0b0c0d0e02');
    await expect(cell.upload(second.file)).rejects.toMatchObject({ code: 'recipe/epoch-not-held' });
    expect((await cell.ask('status', {})).spooled).toHaveLength(1);

    const { message } = await ask('class_key_request', { who: 'ada', again: false });
    expect(hex((await ask('class_key_request', { who: 'ada', again: false })).message)).toBe(hex(message));
    const answer = await maker.answerTransport(message);
    expect(await ask('class_key_take', { who: 'ada', message: answer })).toEqual({ complete: true, epochs: [2, 1] });
    expect(await pours(second)).toBe('ok');
    expect(await pours(first)).toBe('ok');
    const wrong = readTokenObjects(token.login).filter(
      ({ kind, deviations }) => kind === null || deviations.length > 0,
    );
    expect(wrong).toEqual([]);
    expect(token.listKeys('class-')).toEqual(['class-demo-mixer-1', 'class-demo-mixer-2']);
  });

  it('asks and takes nothing while a drink is checked or poured', async () => {
    await cell.sendPrekeys();
    const order = await cell.checked();
    await expect(ask('class_key_request', { who: 'ada', again: false })).rejects.toMatchObject({
      code: 'machine/busy',
    });
    await cell.ask('release', { order });
    const { message } = await ask('class_key_request', { who: 'ada', again: false });
    const answer = await maker.answerTransport(message, 2);
    await expect(ask('class_key_take', { who: 'ada', message: answer })).rejects.toMatchObject({
      code: 'provision/epoch-held',
    });
  });

  it('believes a new maker’s root from the moment at which both roots say so', async () => {
    const list = await maker.nextAnchors(true);
    expect(await ask('anchors_take', { who: 'ada', message: list })).toEqual({ version: 2 });
    await maker.classKeys.rotate(class_);
    const { message } = await ask('class_key_request', { who: 'ada', again: true });
    const answer = await maker.answerTransport(message);
    expect(await ask('class_key_take', { who: 'ada', message: answer })).toMatchObject({ epochs: [3, 2, 1] });
    expect(await pours(await sealFor(3, '000102030405060708090a0b0c0d0e03'))).toBe('ok');
  });

  it('keeps no recipe of an epoch that falls out with the fourth', async () => {
    expect((await cell.ask('status', {})).spooled).toHaveLength(3);
    await maker.classKeys.rotate(class_);
    const { message } = await ask('class_key_request', { who: 'ada', again: false });
    const answer = await maker.answerTransport(message);
    expect(await ask('class_key_take', { who: 'ada', message: answer })).toMatchObject({ epochs: [4, 3, 2] });
    expect((await cell.ask('status', {})).spooled).toHaveLength(2);
    expect(token.hasKey('class-demo-mixer-1')).toBe(false);
  });
});
