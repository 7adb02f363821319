import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '#shared/log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { GatewayClient } from '#tests/support/marketplace/gateway-client.ts';
import { type Person, paperCa, paperMachine } from '#tests/support/marketplace/people.ts';
import { refusal } from '#tests/support/marketplace/refusal.ts';
import { type SoftTokens, softTokens, testPin } from '#tests/support/soft-token.ts';
import { writeBootstrap } from './bootstrap.ts';
import { type MarketplaceOptions, type Running, runMarketplace } from './main.ts';

let tokens: SoftTokens;
let state: string;
let machine: Person;
beforeAll(async () => {
  tokens = await softTokens();
  state = await mkdtemp(join(tmpdir(), 'decant-marketplace-'));
  (await tokens.make('marketplace'))[Symbol.dispose]();
  const ca = await paperCa('Owner CA');
  machine = await paperMachine(ca, 'mixer-1', 'H');
  await writeBootstrap(systemDisk(state), {
    anchors: { author: [], machine: [ca.certificate] },
    machines: [machine.certificate],
    credits: [{ machine: 'mixer-1', satoshi: 4321, key: 'opening' }],
  });
});
afterAll(async () => {
  await rm(state, { recursive: true, force: true });
  await tokens[Symbol.asyncDispose]();
});

const pin = (): Uint8Array => new Uint8Array(testPin);
const place = () => ({ module: tokens.module, tokensFolder: tokens.tokensFolder, label: 'marketplace' });
const options = (changes: Partial<MarketplaceOptions> = {}): MarketplaceOptions => ({
  state,
  host: '127.0.0.1',
  port: 0,
  token: { ...place(), pin: pin() },
  log: silentLog,
  ...changes,
});

const balanceOf = async ({ url, issuer, caPem }: Running): Promise<unknown> => {
  const world = { clock: systemClock, issuer, identity: { caPem } };
  const client = new GatewayClient(url, world, machine);
  await client.enter();
  return (await client.send({ path: '/v1/account' })).json()['balance_sat'];
};

describe('runMarketplace', () => {
  it('starts from a bootstrap file, and knows everything again after a restart, credits not doubled', async () => {
    let ca: Uint8Array;
    {
      await using running = await runMarketplace(options());
      ca = running.ca;
      expect(await balanceOf(running)).toBe(4321);
      await running.creditAccount('mixer-1', 1000, 'top-up');
    }
    await using again = await runMarketplace(options());
    expect(again.ca).toEqual(ca);
    expect(await balanceOf(again)).toBe(5321);
  });

  it('says that its port is taken, and leaves nothing open', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise<void>((done) => blocker.once('listening', () => done()));
    const address = blocker.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await refusal(runMarketplace(options({ port, database: 'memory' })))).toBe('config/port-taken');
    blocker.close();
    await using running = await runMarketplace(options({ port, database: 'memory' }));
    expect(running.url).toBe(`https://127.0.0.1:${port}`);
  });

  it('refuses a bootstrap file with a field that it does not know', async () => {
    const other = await mkdtemp(join(tmpdir(), 'decant-marketplace-'));
    await systemDisk(other).replace('bootstrap.json', new TextEncoder().encode('{"anchors": {}, "trust": "all"}'));
    expect(await refusal(runMarketplace(options({ state: other })))).toBe('config/invalid');
    await rm(other, { recursive: true, force: true });
  });
});
