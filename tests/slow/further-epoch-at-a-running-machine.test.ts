import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decant, type Ended } from '../cli/decant.ts';
import { World } from '../integration/world.ts';

// the demonstration as it runs, and two people at two consoles
let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world[Symbol.asyncDispose]());

const at = (name: string): string => join(world.state, name);
const maker = (...args: string[]): Promise<Ended> => decant(['maker', ...args, '--state', at('maker')]);
const machine = (...args: string[]): Promise<Ended> => decant(['provision', ...args, '--state', world.state]);

async function good(work: Promise<Ended>): Promise<string> {
  const { code, out, err } = await work;
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
  return out;
}

test('a running machine takes the next epoch of its class key and the maker’s next root, and goes on selling', async () => {
  await good(maker('class-key', 'rotate', '--class', 'demo-mixer', '--out', at('class-2.der')));
  await good(machine('class-key', '--out', at('transport.cose')));
  await good(maker('class-key', 'wrap', '--in', at('transport.cose'), '--out', at('class-key.cose')));
  const told = await good(machine('class-key', '--in', at('class-key.cose'), '--json'));
  expect(JSON.parse(told)).toEqual({ epochs: [2, 1] });
  await good(maker('anchors', '--new-root', '--out', at('anchors.cbor')));
  expect(JSON.parse(await good(machine('anchors', '--in', at('anchors.cbor'), '--json')))).toEqual({
    anchors_version: 2,
  });
  const status = JSON.parse(await good(machine('--status', '--json'))) as object;
  expect(status).toMatchObject({ sequence: 'epoch', next: null, epochs: [2, 1], anchors_version: 2 });
  const verified = JSON.parse(await good(machine('--verify', '--json'))) as { findings: object[] };
  expect(verified.findings).toEqual([]);
  const again = await machine('class-key', '--in', at('class-key.cose'));
  expect(again.code).not.toBe(0);
  const receipt = await (await world.customer()).buy('bora-bora');
  expect(receipt.delivered_ul).toBeGreaterThan(0);
});

test('a request that is out is the same when it is asked for again, and another with --again', async () => {
  const first = await requested();
  expect(await requested()).toBe(first);
  expect(await requested('--again')).not.toBe(first);
});

async function requested(...more: string[]): Promise<string> {
  await good(machine('class-key', '--out', at('again.cose'), ...more));
  return (await readFile(at('again.cose'))).toString('hex');
}
