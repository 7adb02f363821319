import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { Failure } from '#shared/failure.ts';
import { kindOf, type MemoryRegion, memoryRegions, type RegionKind } from './memory-region.ts';
import { PatternIndex } from './pattern-index.ts';
import { residentRuns, type Run } from './resident-pages.ts';

/** Copies of one byte string. */
export interface Copies {
  readonly count: number;
  readonly where: Readonly<Partial<Record<RegionKind, number>>>;
  /** Addresses of the first few. */
  readonly addresses: readonly number[];
}

/** What a search through a process's memory came to. */
export interface MemoryScan {
  readonly regions: number;
  /** Bytes that were searched: pages that the process has in memory or in swap. */
  readonly bytes: number;
  /** Regions of which something could not be read. */
  readonly unread: readonly { readonly region: string; readonly bytes: number }[];
  /** Place n belongs to pattern n. */
  readonly copies: readonly Copies[];
}

const windowBytes = 1 << 20;
const mostAddresses = 8;

/**
 * Counts copies of byte strings in the memory of a process that goes on meanwhile: memory is read page after page, so a copy that
 * moves may be missed or told twice. Ask for the memory of another process: one's own holds the patterns.
 * @throws Failure `memory/no-process`, `memory/not-permitted`, RangeError as `PatternIndex`
 */
export function scanMemory(pid: number, patterns: readonly Uint8Array[]): MemoryScan {
  const regions = memoryRegions(ofProcess(pid, () => readFileSync(`/proc/${pid}/maps`, 'utf8')));
  const memory = ofProcess(pid, () => openSync(`/proc/${pid}/mem`, 'r'));
  try {
    const pagemap = ofProcess(pid, () => openSync(`/proc/${pid}/pagemap`, 'r'));
    try {
      const scan = new Scan(memory, patterns);
      for (const region of regions) scan.region(region, residentRuns(pagemap, region));
      return scan.result(regions.length);
    } finally {
      closeSync(pagemap);
    }
  } finally {
    closeSync(memory);
  }
}

class Scan {
  readonly #memory: number;
  readonly #index: PatternIndex;
  readonly #window = Buffer.allocUnsafeSlow(windowBytes);
  readonly #copies: { count: number; where: Partial<Record<RegionKind, number>>; addresses: number[] }[];
  readonly #unread = new Map<string, number>();
  #bytes = 0;

  constructor(memory: number, patterns: readonly Uint8Array[]) {
    this.#memory = memory;
    this.#index = new PatternIndex(patterns);
    this.#copies = patterns.map(() => ({ count: 0, where: {}, addresses: [] }));
  }

  region(region: MemoryRegion, runs: readonly Run[]): void {
    for (const run of runs) this.#run(region, run);
  }

  result(regions: number): MemoryScan {
    this.#window.fill(0);
    const unread = [...this.#unread].map(([region, bytes]) => ({ region, bytes }));
    return { regions, bytes: this.#bytes, unread, copies: this.#copies };
  }

  #run(region: MemoryRegion, { start, end }: Run): void {
    const overlap = Math.max(0, this.#index.longest - 1);
    for (let at = start; at < end; ) {
      const wanted = Math.min(windowBytes, end - at);
      const got = this.#read(at, wanted);
      if (got < wanted) this.#miss(region, wanted - got);
      const isLast = at + wanted >= end || got < wanted;
      const fresh = isLast ? got : got - overlap;
      this.#search(region, at, got, fresh);
      this.#bytes += fresh;
      if (got < wanted) at += wanted;
      else at += isLast ? got : fresh;
    }
  }

  #search(region: MemoryRegion, at: number, length: number, fresh: number): void {
    this.#index.search(this.#window.subarray(0, length), fresh, (which, offset) => {
      const copies = this.#copies[which];
      if (copies === undefined) return;
      const kind = kindOf(region);
      copies.count += 1;
      copies.where[kind] = (copies.where[kind] ?? 0) + 1;
      if (copies.addresses.length < mostAddresses) copies.addresses.push(at + offset);
    });
  }

  #read(at: number, length: number): number {
    try {
      return readSync(this.#memory, this.#window, 0, length, at);
    } catch {
      // the page went meanwhile, or is a device's
      return 0;
    }
  }

  #miss({ name, access }: MemoryRegion, bytes: number): void {
    const region = `${name === '' ? 'anonymous' : name} ${access}`;
    this.#unread.set(region, (this.#unread.get(region) ?? 0) + bytes);
  }
}

function ofProcess<T>(pid: number, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') throw new Failure('memory/no-process', { pid }, error);
    throw new Failure('memory/not-permitted', { pid, reason: code }, error);
  }
}
