/** A stretch of a process's address space, as a line of /proc/PID/maps tells it (proc_pid_maps(5)). */
export interface MemoryRegion {
  readonly start: number;
  /** First address behind it. */
  readonly end: number;
  /** `rwxp`, with `-` for what is not allowed. */
  readonly access: string;
  /** A file's path, `[heap]`, `[stack]` and the like; empty for anonymous memory. */
  readonly name: string;
}

/** The kernel's own pages, which no process can write to. */
const kernelPages = ['[vvar]', '[vvar_vclock]', '[vsyscall]', '[vdso]'];

/** The regions that `maps` lists and that can hold something of the process. */
export function memoryRegions(maps: string): MemoryRegion[] {
  return maps.split('\n').flatMap((line) => {
    const [, start, end, access = '', name = ''] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)$/.exec(line) ?? [];
    if (start === undefined || end === undefined || kernelPages.includes(name)) return [];
    return [{ start: Number.parseInt(start, 16), end: Number.parseInt(end, 16), access, name }];
  });
}

export type RegionKind = 'anonymous' | 'heap' | 'stack' | 'file';

/** What a region is, for people. */
export function kindOf({ name }: MemoryRegion): RegionKind {
  if (name === '[heap]') return 'heap';
  if (name === '[stack]') return 'stack';
  return name === '' || name.startsWith('[') ? 'anonymous' : 'file';
}
