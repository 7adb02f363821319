import { describe, expect, it } from 'vitest';
import { quirksOf } from '../module-quirks.ts';
import { differences } from './differences.ts';
import { keyShapes } from './key-shape.ts';
import { type ProbeName, probeNames, type ProbeResult } from './token-report.ts';
import { judge, limitsOf } from './verdict.ts';

const yes: ProbeResult = { t: 'yes', latency: { count: 1, medianMs: 1, p95Ms: 1 } };
const no: ProbeResult = { t: 'no', reason: 'CKR_FUNCTION_NOT_SUPPORTED' };

/** All that is asked, done, but for these. */
function results(...refused: readonly ProbeName[]): Record<ProbeName, ProbeResult> {
  const all = probeNames.map((name) => [name, refused.includes(name) ? no : yes] as const);
  return Object.fromEntries(all) as Record<ProbeName, ProbeResult>;
}

describe('the verdict on a token', () => {
  it('is H when content keys are unwrapped, used and ended inside', () => {
    expect(judge(results())).toEqual({ t: 'H' });
    expect(judge(results('decrypt-oaep-sha1', 'unwrap-oaep-sha256', 'session-key-pairs'))).toEqual({ t: 'H' });
  });

  it.each<ProbeName>(['unwrap-oaep-sha1', 'open-gcm', 'gcm-wrong-tag', 'ends-with-session'])(
    'is S when all but %s is done',
    (name) => {
      expect(judge(results(name))).toEqual({ t: 'S', because: [name] });
    },
  );

  it('is unusable when content keys come neither way', () => {
    const lacking: ProbeName[] = ['unwrap-oaep-sha1', 'decrypt-oaep-sha1'];
    expect(judge(results(...lacking))).toEqual({ t: 'unusable', because: lacking });
  });

  it.each<ProbeName>([
    'unwrapped-unreadable',
    'generate-rsa-2048',
    'sign-pss',
    'sign-pkcs1',
    'uses-enforced',
    'destroy',
    'parallel',
  ])('is unusable when %s is not done, whatever else is', (name) => {
    expect(judge(results(name))).toEqual({ t: 'unusable', because: [name] });
  });

  it('bears a missing restriction and says so', () => {
    const lacking: ProbeName[] = ['unwrap-template', 'allowed-mechanisms', 'unwrapped-private-keeps-uses'];
    expect(judge(results(...lacking))).toEqual({ t: 'H' });
    expect(limitsOf(results(...lacking))).toEqual(lacking);
  });
});

describe('a row of the table of modules', () => {
  const row = quirksOf({ manufacturerID: 'SoftHSM', libraryDescription: '' });
  const shape = [...keyShapes()][0];
  if (shape === undefined) throw new Error('no shape');
  const softhsm = results('unwrap-kwp-210b');

  it('agrees with a module that does what it says', () => {
    expect(differences(row, { shape, probes: softhsm, verdict: { t: 'H' } })).toEqual([]);
  });

  it('differs in each trait that is otherwise', () => {
    const probes = { ...results('unwrap-kwp-210a', 'allowed-mechanisms', 'open-gcm'), 'unwrap-template': no };
    const found = { shape: { ...shape, publicUses: false }, probes, verdict: judge(probes) };
    expect(differences(row, found)).toEqual([
      { trait: 'profile', row: 'H', found: 'S' },
      { trait: 'unwrapTemplate', row: 'true', found: 'false' },
      { trait: 'allowedMechanisms', row: 'true', found: 'false' },
      { trait: 'keyWrapPadded', row: '210a', found: '210b' },
      { trait: 'publicUses', row: 'true', found: 'false' },
    ]);
  });

  it('is not held against what could not be tried', () => {
    const skipped: ProbeResult = { t: 'skipped', needs: 'unwrap-oaep-sha1' };
    const probes = { ...softhsm, 'unwrap-template': skipped, 'unwrap-kwp-210a': skipped };
    expect(differences(row, { shape, probes, verdict: { t: 'H' } })).toEqual([]);
  });
});
