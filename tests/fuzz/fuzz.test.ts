import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { corpusOf } from './corpus.ts';
import { answerTo, fuzz, type Target } from './fuzz.ts';
import { cellApiTarget } from './targets/cell-api.ts';
import { journalTarget } from './targets/journal.ts';
import { licenceTarget, signedLicenceTarget } from './targets/licence.ts';
import { manifestTarget, signedManifestTarget } from './targets/manifest.ts';
import { recordTarget } from './targets/record.ts';

const readers: [string, Target][] = [
  ['manifest', manifestTarget()],
  ['licence', licenceTarget()],
  ['record', recordTarget()],
  ['journal', journalTarget()],
  ['cell-api', cellApiTarget()],
];

describe('a reader of foreign bytes', { timeout: 300_000 }, () => {
  it.each(readers)('takes or refuses 1500 inputs like valid ones: %s', async (_, target) => {
    const report = await fuzz(target, 1500, randomInt(0x7fff_ffff));
    expect(report.taken).toBeGreaterThan(0);
    expect(report.taken).toBeLessThan(report.inputs);
  });

  it.each(readers)('reads what is kept in the corpus: %s', async (name, target) => {
    const answers: (string | null)[] = [];
    for (const { file, bytes } of corpusOf(name)) answers.push(await answerTo(target, bytes, file));
    expect(answers.length).toBeGreaterThan(0);
  });
});

describe('what somebody signed', { timeout: 300_000 }, () => {
  it('is refused all the same where it is not in form: 300 manifests of an author', async () => {
    const report = await fuzz(await signedManifestTarget(), 300, randomInt(0x7fff_ffff));
    expect(report.refused.get('recipe/malformed')).toBeGreaterThan(0);
  });

  it('is refused all the same where it is not in form: 300 licences of licensing, by a running cell', async () => {
    await using target = await signedLicenceTarget();
    const report = await fuzz(target, 300, randomInt(0x7fff_ffff));
    expect(report.refused.get('licence/malformed')).toBeGreaterThan(0);
  });
});
