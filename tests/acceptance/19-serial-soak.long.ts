import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { serialSoak } from './support/serial-soak.ts';

const disconnects = Number(process.env['DECANT_DISCONNECTS'] ?? 5_000);
const folder = await mkdtemp(join(tmpdir(), 'decant-soak-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

it(`pulls the cable ${disconnects} times at random, handles and memory flat`, async () => {
  const report = await serialSoak(folder, disconnects, 19);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  expect(report.poured).toBe(Math.floor(disconnects / 10));
  expect(Math.abs(report.late.handles - report.early.handles)).toBeLessThanOrEqual(2);
  expect(report.late.heapBytes - report.early.heapBytes).toBeLessThan(10e6);
  expect(report.late.residentBytes - report.early.residentBytes).toBeLessThan(60e6);
});
