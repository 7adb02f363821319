import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fuzz, type FuzzReport, type Target } from '../fuzz/fuzz.ts';
import { cellApiTarget } from '../fuzz/targets/cell-api.ts';
import { cellSocketTarget } from '../fuzz/targets/cell-socket.ts';
import { journalTarget } from '../fuzz/targets/journal.ts';
import { licenceTarget, signedLicenceTarget } from '../fuzz/targets/licence.ts';
import { manifestTarget, signedManifestTarget } from '../fuzz/targets/manifest.ts';
import { recordTarget } from '../fuzz/targets/record.ts';

const mebibyte = 2 ** 20;

/** Feeds the target, tells how it went, and holds the process's memory against the limit. */
async function fed(target: Target, inputs: number): Promise<FuzzReport> {
  const seed = randomInt(0x7fff_ffff);
  const started = performance.now();
  const report = await fuzz(target, inputs, seed);
  const refused = JSON.stringify(Object.fromEntries(report.refused));
  const seconds = Math.round((performance.now() - started) / 1000);
  const { used, resident } = report.grown;
  const grown = `${Math.round(used / mebibyte)} MiB (resident ${Math.round(resident / mebibyte)} MiB)`;
  process.stdout.write(
    `${target.name}: ${inputs} inputs in ${seconds} s, seed ${seed}, ${report.taken} taken, refused ${refused}, grown ${grown}\n`,
  );
  expect(used).toBeLessThan(16 * mebibyte);
  expect(resident).toBeLessThan(256 * mebibyte);
  return report;
}

// what is read before any signature is looked at
const readers: [string, () => Target][] = [
  ['manifest', manifestTarget],
  ['licence', licenceTarget],
  ['record', recordTarget],
  ['journal', journalTarget],
  ['cell API', cellApiTarget],
];

describe('a reader of foreign bytes', () => {
  it.each(readers)('takes or refuses a million inputs like valid ones: %s', async (_, target) => {
    const { taken, inputs } = await fed(target(), 1_000_000);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(inputs);
  });
});

describe('what somebody signed, refused all the same where it is not in form', () => {
  it('20,000 manifests of an author', async () => {
    await fed(await signedManifestTarget(), 20_000);
  });

  it('10,000 licences of licensing, by a running cell', async () => {
    await using target = await signedLicenceTarget();
    await fed(target, 10_000);
  });
});

describe('the socket of a running cell', () => {
  it('answers or closes after 5,000 streams of bytes, and answers the next caller', async () => {
    await using target = await cellSocketTarget();
    const { taken } = await fed(target, 5_000);
    expect(taken).toBeGreaterThan(0);
    expect(await target.answersStatus()).toBe(true);
  });
});
