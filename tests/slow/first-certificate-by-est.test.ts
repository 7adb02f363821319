import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provision } from '#cell/provision.ts';
import { readProvisioned } from '#cell/identity.ts';
import type { ProvisionPlan } from '#cell/provisioning/run.ts';
import { estExchange } from '#cli/provisioning/est-exchange.ts';
import type { ProvisionValues } from '#cli/provisioning/options.ts';
import { type Gateway, makeGateway } from '#marketplace/gateway/gateway.ts';
import { isFailure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { keysInTurn, MemoryToken } from '#tests/support/cell/memory-token.ts';
import { Letters } from '#tests/support/cell/provisioning-world.ts';
import { type Person, paperCa, person } from '#tests/support/marketplace/people.ts';
import { type TestWorld, testWorld } from '#tests/support/marketplace/test-world.ts';
import { MemoryDisk } from '#tests/support/memory-disk.ts';
import { commonName, machineClaims, parseCertificate } from '#wire/certificate-chain.ts';
import type { Payload } from '#wire/messages.ts';
import { sealMessage } from '#wire/signed-message.ts';

let world: TestWorld;
let gateway: Gateway;
let maker: Person;
let folder: string;
let origin: string;
const fresh = keysInTurn(8);

beforeAll(async () => {
  world = await testWorld();
  maker = await person(world.machineCa, 'maker', 'Paper maker');
  folder = await mkdtemp(join(tmpdir(), 'decant-est-'));
  const { services, identity, clock } = world;
  const tls = await identity.tlsServer('Decant marketplace', { dns: ['localhost'], ip: ['127.0.0.1'] });
  gateway = makeGateway({
    services: { ...services, payments: { balance: (machine) => services.payments.balance(`machine:${machine}`) } },
    tls: { ...tls, clientCa: identity.caPem },
    clock,
    log: silentLog,
  });
  origin = await gateway.listen({ host: '127.0.0.1', port: 0 });
  await writeFile(join(folder, 'ca.pem'), identity.caPem);
});
afterAll(async () => {
  await gateway.close();
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const voucher = (changes: Partial<Payload<'VOUCHER'>>, signer = maker.signer): Promise<Uint8Array> => {
  const now = world.clock.now();
  const payload = {
    voucher: systemEntropy.bytes(16),
    machine: 'mixer-9',
    token_class: 'hsm',
    profile: 'H',
    expires: now + 1000,
    time: now,
  } as const;
  return sealMessage('VOUCHER', { ...payload, ...changes }, signer);
};

/** One machine with a token of its own, as far as it comes with this voucher. */
class Machine {
  readonly token = new MemoryToken(fresh);
  readonly disk = new MemoryDisk();
  readonly letters = new Letters();
  readonly plan: ProvisionPlan;

  constructor(machine: string) {
    this.plan = {
      machine,
      name: machine,
      machineClass: 'beverage',
      keyClass: 'demo-mixer',
      issuer: world.issuer,
      anchors: { machine: [world.identity.ca] },
    };
  }

  async enrol(paper: Uint8Array): Promise<string> {
    const file = join(folder, 'voucher.cose');
    await writeFile(file, paper);
    const { disk, plan, letters, token } = this;
    const values = { est: origin, ca: join(folder, 'ca.pem'), voucher: file } as ProvisionValues;
    const exchange = await estExchange(letters, values, () => disk.read('provisioning/request.p10'));
    const machine = { token, objects: () => token.objects() };
    const ports = { openToken: async () => machine, disk, clock: world.clock, entropy: systemEntropy, who: 'ada' };
    try {
      const result = await provision(plan, ports, exchange);
      return result.state === 'waiting' ? `waiting for ${result.for}` : result.state;
    } catch (error) {
      if (!isFailure(error)) throw error;
      return error.code;
    }
  }
}

describe('a machine that fetches its first certificate', () => {
  it('has it for the owner’s voucher, with the token class that the maker found, and is enrolled by it', async () => {
    const machine = new Machine('mixer-9');
    expect(await machine.enrol(await voucher({}))).toBe('waiting for class-key');
    const leaf = parseCertificate(machine.disk.bytes('provisioning/identity.der'));
    expect(commonName(leaf)).toBe('mixer-9');
    expect(machineClaims(leaf)).toEqual({ tokenClass: 'hsm', profile: 'H' });
    expect(await world.services.accounts.claims('mixer-9')).toEqual({ tokenClass: 'hsm', profile: 'H' });
    await expect(readProvisioned(machine.disk)).rejects.toMatchObject({ code: 'machine/not-provisioned' });
  });

  it('gets the same one again when the answer was lost', async () => {
    const machine = new Machine('mixer-10');
    const paper = await voucher({ machine: 'mixer-10' });
    machine.disk.refuse = (step, path) => step === 'replace' && path.endsWith('identity.der');
    expect(await machine.enrol(paper)).toBe('disk/failed');
    machine.disk.refuse = () => false;
    expect(await machine.enrol(paper)).toBe('waiting for class-key');
    const rows = await world.database.query('select certificate from accounts.voucher where machine = $1', [
      'mixer-10',
    ]);
    expect(rows).toHaveLength(1);
  });

  it('is refused with a voucher that another key has used, or one for a machine that has a certificate', async () => {
    const paper = await voucher({ machine: 'mixer-11' });
    expect(await new Machine('mixer-11').enrol(paper)).toBe('waiting for class-key');
    expect(await new Machine('mixer-11').enrol(paper)).toBe('provision/voucher-used');
    const second = await voucher({ machine: 'mixer-11' });
    expect(await new Machine('mixer-11').enrol(second)).toBe('marketplace/duplicate');
  });

  it('is refused with a voucher for another machine, one that has run out, or one that no maker signed', async () => {
    expect(await new Machine('mixer-12').enrol(await voucher({ machine: 'mixer-13' }))).toBe('licence/other-machine');
    const old = { machine: 'mixer-12', expires: world.clock.now() };
    expect(await new Machine('mixer-12').enrol(await voucher(old))).toBe('message/not-authentic');
    const stranger = await person(await paperCa('Stranger'), 'maker', 'Stranger');
    const forged = await voucher({ machine: 'mixer-12' }, stranger.signer);
    expect(await new Machine('mixer-12').enrol(forged)).toBe('message/not-authentic');
    const owner = await person(world.machineCa, 'author', 'Not a maker');
    expect(await new Machine('mixer-12').enrol(await voucher({ machine: 'mixer-12' }, owner.signer))).toBe(
      'message/not-authentic',
    );
    await expect(world.services.accounts.claims('mixer-12')).rejects.toMatchObject({
      code: 'marketplace/unknown-machine',
    });
  });
});
