import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { bootAndReport } from './boot.ts';

const reports = await bootAndReport(await mkdtemp(join(inject('runFolder'), 'kernel-')));
const tests = reports.flatMap((each) => (each.t === 'test' ? [each] : []));
const figures = reports.flatMap((each) => (each.t === 'figures' ? [each] : []));

describe('in a computer with a real kernel and simulated GPIO chips', () => {
  test.each(tests)('$name', ({ error }) => {
    expect(error).toBe(null);
  });

  test('both drivers were held to both contracts', () => {
    const count = (text: string): number => tests.filter(({ name }) => name.includes(text)).length;
    for (const driver of ['gpio', 'gpio-cdev']) {
      expect(count(`${driver} keeps the contract of GPIO lines`)).toBeGreaterThanOrEqual(12);
      expect(count(`${driver} keeps the contract of a dispenser`)).toBeGreaterThanOrEqual(20);
    }
  });

  test.each(figures)(
    '$name: 99 of 100 doses are at most 2 ms off, and what else keeps the loop busy',
    ({ figures: of }) => {
      expect(of['doses']).toBeGreaterThanOrEqual(500);
      expect(of['p99_us']).toBeLessThanOrEqual(2_000 + (of['busy_us'] ?? 0));
    },
  );

  test.each(figures)('$name: what is recorded is what the kernel did', ({ figures: of }) => {
    expect(of['record_max_us']).toBeLessThanOrEqual(1_000);
  });
});

console.log(figures.map(({ name, figures: each }) => `${name}: ${JSON.stringify(each)}`).join('\n'));
