import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Token } from '#hsm/token.ts';
import type { FixedPeople } from '#tests/support/must-fail/fixed-people.ts';
import type { Forge } from '#tests/support/must-fail/forge.ts';
import { fileNameOf, fixedForge, indexOf, mustFailCases } from '#tests/support/must-fail/must-fail.ts';
import { readCertificate, readWholly } from '#tests/support/must-fail/read-wholly.ts';
import { softTokens } from '#tests/support/soft-token.ts';
import { nodeSealCrypto } from './node-seal-crypto.ts';
import { softwareOpener } from './software-opener.ts';

const folder = new URL('must-fail/', import.meta.url);
const read = async (name: string): Promise<Uint8Array> => new Uint8Array(await readFile(new URL(name, folder)));

let forge: Forge;
let people: FixedPeople;
beforeAll(async () => {
  ({ forge, people } = await fixedForge());
});

describe('the folder of files that must be refused', () => {
  it('is what its cases make, byte for byte, and nothing else', async () => {
    const names = [...mustFailCases.map(fileNameOf), 'cases.json', 'good.tdr'];
    expect((await readdir(folder)).sort()).toEqual(names.sort());
    expect(Buffer.from(await read('cases.json')).toString()).toBe(indexOf(mustFailCases));
    expect(Buffer.compare(await read('good.tdr'), forge.good)).toBe(0);
    for (const one of mustFailCases) {
      const made = await one.make(forge, people);
      expect(
        Buffer.compare(await read(fileNameOf(one)), made),
        `${one.name}: run tests/support/must-fail/main.ts`,
      ).toBe(0);
    }
  });

  it('says of each file why, in a sentence of its own', () => {
    const sentences = mustFailCases.map(({ why }) => why);
    for (const why of sentences) expect(why).toMatch(/^\p{Lu}.{12,}\.$/u);
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  it('holds one file of which nothing is wrong', async () => {
    expect(await readWholly(await read('good.tdr'), people, softwareOpener, forge.keys)).toEqual({
      found: 'nothing',
      code: null,
      pieces: [1, 2, 3, 4, 5, 6, 7],
      isWiped: true,
    });
  });
});

describe('a reader refuses', () => {
  it.each(mustFailCases.map((one) => [fileNameOf(one), one] as const))('%s', async (name, { found, code }) => {
    const bytes = await read(name);
    if (found === 'class-key') {
      expect(readCertificate(bytes, people)).toEqual({ found, code });
      return;
    }
    const given = typeof found === 'number' ? Array.from({ length: found - 1 }, (_, i) => i + 1) : [];
    expect(await readWholly(bytes, people, softwareOpener, forge.keys)).toEqual({
      found: typeof found === 'number' ? `piece ${found}` : found,
      code,
      pieces: given,
      isWiped: true,
    });
  });
});

describe('a reader with its keys in a token', () => {
  it('refuses the same files at the same place, by the same code', async () => {
    await using tokens = await softTokens();
    using token = await tokens.make('must-fail');
    using job = token.openJob();
    const keys = await unwrapped(token, job);
    expect((await readWholly(await read('good.tdr'), people, job, keys)).found).toBe('nothing');
    const opened = mustFailCases.filter(({ found }) => found === 'check' || typeof found === 'number');
    for (const one of opened) {
      const reading = await readWholly(await read(fileNameOf(one)), people, job, keys);
      const { found, code } = one;
      expect([one.name, reading]).toMatchObject([one.name, { code, isWiped: true }]);
      expect(reading.found, one.name).toBe(typeof found === 'number' ? `piece ${found}` : found);
    }
    expect(opened.length).toBeGreaterThan(50);
  });

  /** Both content keys, as a maker and a licence bring them. */
  async function unwrapped(token: Token, job: ReturnType<Token['openJob']>) {
    const spki = await token.generateUnwrapKey('class', 2048);
    const unwrap = async (key: Uint8Array) => job.unwrapContentKey('class', await nodeSealCrypto.wrapKey(spki, key));
    return { mfr: await unwrap(forge.keys.mfr), lic: await unwrap(forge.keys.lic) };
  }
});
