import { readSync } from 'node:fs';
import type { MemoryRegion } from './memory-region.ts';

/** Pages side by side that exist; `end` is the first address behind them. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

const pageBytes = 4096;
const entryBytes = 8;
const entriesAtOnce = 1 << 15;
/** Bits 63 and 62 of an entry of /proc/PID/pagemap, seen in its highest byte: in memory, in swap. */
const exists = 0xc0;

/**
 * The pages of a region that the process has in memory or in swap, as its open /proc/PID/pagemap tells. A process reserves far more
 * than it uses; what it never touched holds nothing.
 */
export function residentRuns(pagemap: number, { start, end }: MemoryRegion): Run[] {
  const runs: { start: number; end: number }[] = [];
  const entries = Buffer.allocUnsafeSlow(entriesAtOnce * entryBytes);
  for (let at = start; at < end; at += entriesAtOnce * pageBytes) {
    const pages = Math.min(entriesAtOnce, (end - at) / pageBytes);
    const got = readSync(pagemap, entries, 0, pages * entryBytes, (at / pageBytes) * entryBytes);
    for (let page = 0; page < got / entryBytes; page += 1) {
      if (((entries[page * entryBytes + 7] ?? 0) & exists) === 0) continue;
      const address = at + page * pageBytes;
      const before = runs.at(-1);
      if (before?.end === address) before.end = address + pageBytes;
      else runs.push({ start: address, end: address + pageBytes });
    }
  }
  return runs;
}
