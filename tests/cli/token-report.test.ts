import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { probeNames, type TokenReport } from '#hsm/report/token-report.ts';
import { tokenTexts } from '#cli/token/token-texts.ts';
import { type SoftTokens, softTokens, testPin } from '../support/soft-token.ts';
import { decant } from './decant.ts';

let tokens: SoftTokens;
let folder: string;

beforeAll(async () => {
  tokens = await softTokens();
  for (const label of ['mixer', 'other']) (await tokens.make(label))[Symbol.dispose]();
  folder = await mkdtemp(join(tmpdir(), 'decant-report-'));
  await writeFile(join(folder, 'pin'), testPin, { mode: 0o600 });
  await writeFile(join(folder, 'wrong'), '0000-0000\nnot the PIN either\n', { mode: 0o600 });
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await tokens[Symbol.asyncDispose]();
});

function report(...more: readonly string[]) {
  const { module, configFile } = tokens;
  return decant(['token', 'report', '--module', module, ...more], { env: { SOFTHSM2_CONF: configFile } });
}

describe('decant token report, at a module named by its path', () => {
  test('says first what it will do, then a verdict and a table', async () => {
    const { code, out, err } = await report('--label', 'mixer', '--pin-file', join(folder, 'pin'));
    expect({ code }).toEqual({ code: 0 });
    expect(err).toMatch(/^The PIN is tried once\. .*"mixer" \(.*libsofthsm2\.so\)/);
    const lines = out.split('\n');
    expect(lines[0]).toBe('Profile H: content keys never leave this token.');
    expect(out).toMatch(/^✓ signs RSA-PSS, SHA-256 +[\d.]+ ms +[\d.]+ ms +20$/m);
    expect(out).toMatch(/^✗ unwraps RSA-OAEP, SHA-256 +CKR_ARGUMENTS_BAD$/m);
    expect(out).toContain('It does what the table of modules says of SoftHSM 2.6.1.');
    expect(out).toContain('Nothing of the report is left in the token.');
  });

  test('prints one document for programs, without the PIN in it', async () => {
    const { code, out, err } = await report('--label', 'mixer', '--pin-file', join(folder, 'pin'), '--json');
    expect(code).toBe(0);
    const made = JSON.parse(out) as TokenReport;
    expect(made).toMatchObject({ verdict: { t: 'H' }, token: { label: 'mixer', tokenClass: 'soft' }, left: 0 });
    expect(Object.keys(made.probes).toSorted()).toEqual([...probeNames].toSorted());
    expect(out + err).not.toContain(Buffer.from(testPin).toString());
  });

  test('asks which token is meant where there are two', async () => {
    const { code, err } = await report('--pin-file', join(folder, 'pin'));
    expect(code).toBe(2);
    expect(err).toContain('--label');
  });

  test('tries a wrong PIN once, and only the first line of its file', async () => {
    const { code, err } = await report('--label', 'mixer', '--pin-file', join(folder, 'wrong'));
    expect(code).toBe(2);
    expect(err).toContain('[token/wrong-pin]');
  });

  test('wants a PIN file where nobody can be asked', async () => {
    const { code, err } = await report('--label', 'mixer');
    expect(code).toBe(2);
    expect(err).toContain('--pin-file');
  });
});

describe('the texts of a report', () => {
  test.each(probeNames)('name in both languages what was tried: %s', (name) => {
    expect(tokenTexts.en.probes[name]).not.toBe(tokenTexts.de.probes[name]);
  });

  test('have the same holes in both languages', () => {
    const holes = (text: string): string[] => [...text.matchAll(/\{([a-z]+)\|/g)].map(([, hole]) => hole ?? '').sort();
    for (const key of ['ahead', 'because', 'limits', 'agrees', 'differs', 'untried', 'left'] as const) {
      expect(holes(tokenTexts.de[key])).toEqual(holes(tokenTexts.en[key]));
      expect(fillHoles(tokenTexts.de[key], {})).not.toMatch(/[{}|]/);
    }
  });
});
