import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeCertificates, judgeClock, judgeNode, judgePrekeys, judgeRoom, judgeToken } from './verdicts.ts';

const day = 24 * 3600 * 1000;
const noon = Date.UTC(2026, 10, 21, 12);

describe('doctor judges', () => {
  test.each([
    ['24.21.0', 'good', 'node/pinned'],
    ['24.22.1', 'warning', 'node/other'],
    ['26.0.0', 'warning', 'node/other'],
    ['24.20.9', 'bad', 'node/too-old'],
    ['22.99.0', 'bad', 'node/too-old'],
  ])('Node %s as %s', (version, state, name) => {
    expect(judgeNode(version, '24.21.0')).toMatchObject({ state, name });
  });

  test('less room never better', () => {
    const badness = { good: 0, skipped: 0, warning: 1, bad: 2 };
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        const [less, more] = [judgeRoom('x', Math.min(a, b) * 4), judgeRoom('x', Math.max(a, b) * 4)];
        expect(badness[less.state]).toBeGreaterThanOrEqual(badness[more.state]);
      }),
    );
    expect(judgeRoom('x', 99_999_999).state).toBe('bad');
    expect(judgeRoom('x', 100_000_000).state).toBe('warning');
    expect(judgeRoom('x', 1_000_000_000)).toMatchObject({ state: 'good', facts: { free_mb: 1000 } });
  });

  test('a clock behind the journal as wrong, whatever the marketplace says', () => {
    expect(judgeClock(noon, noon + 121_000, noon)).toMatchObject({ name: 'clock/behind', facts: { seconds: 121 } });
    expect(judgeClock(noon, noon + 120_000, null).name).toBe('clock/alone');
    expect(judgeClock(noon, null, null).state).toBe('skipped');
  });

  test('a clock apart from the marketplace’s as wrong, in either direction', () => {
    for (const apart of [-121_000, 121_000]) {
      expect(judgeClock(noon, null, noon + apart)).toMatchObject({ state: 'bad', name: 'clock/apart' });
    }
    expect(judgeClock(noon, noon, noon + 119_000, 'ahead')).toMatchObject({
      state: 'warning',
      name: 'clock/untrusted',
      facts: { why: 'ahead' },
    });
    expect(judgeClock(noon, noon, noon + 119_000)).toMatchObject({ state: 'good', facts: { seconds: 119 } });
  });

  test('certificates by the one that runs out first', () => {
    const certificates = [
      { name: 'maker', expires: noon + 400 * day },
      { name: 'machine', expires: noon + 29.5 * day },
    ];
    expect(judgeCertificates(certificates, noon)).toMatchObject({
      state: 'warning',
      facts: { name: 'machine', days: 29, count: 2 },
    });
    expect(judgeCertificates(certificates, noon + 30 * day).name).toBe('certificates/expired');
    expect(judgeCertificates(certificates.slice(0, 1), noon).state).toBe('good');
    expect(judgeCertificates([], noon).state).toBe('bad');
  });

  test('prekeys by what is free, not by what licences hold', () => {
    expect(judgePrekeys({ free: 0, assigned: 16 }, 8).state).toBe('bad');
    expect(judgePrekeys({ free: 3, assigned: 0 }, 8).state).toBe('warning');
    expect(judgePrekeys({ free: 4, assigned: 0 }, 8).state).toBe('good');
    expect(judgePrekeys({ free: 1, assigned: 0 }, 1).state).toBe('good');
  });

  test('a soft token as wrong unless the configuration allows it', () => {
    const token = { class: 'soft', label: 'machine', serial: '1', module: 'x' };
    expect(judgeToken(token, false)).toMatchObject({ state: 'bad', name: 'token/soft-refused' });
    expect(judgeToken(token, true)).toMatchObject({ state: 'warning', name: 'token/soft' });
    expect(judgeToken({ ...token, class: 'hsm' }, false).state).toBe('good');
  });
});
