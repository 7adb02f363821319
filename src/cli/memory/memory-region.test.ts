import { expect, it } from 'vitest';
import { kindOf, memoryRegions } from './memory-region.ts';

const maps = `00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/node
00e03000-00e24000 rw-p 00000000 00:00 0           [heap]
35b1a21000-35b1a22000 rw-p 00000000 00:00 0
7f5fd8000000-7f5fd8021000 ---p 00000000 00:00 0
7ffd3c0f8000-7ffd3c119000 rw-p 00000000 00:00 0                          [stack]
7ffd3c1d1000-7ffd3c1d5000 r--p 00000000 00:00 0                          [vvar]
7ffd3c1d5000-7ffd3c1d7000 r-xp 00000000 00:00 0                          [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

it('reads every region of a process but those of the kernel, even those that may not be read', () => {
  expect(memoryRegions(maps).map((region) => [region.start, region.access, kindOf(region)])).toEqual([
    [0x400000, 'r-xp', 'file'],
    [0xe03000, 'rw-p', 'heap'],
    [0x35b1a21000, 'rw-p', 'anonymous'],
    [0x7f5fd8000000, '---p', 'anonymous'],
    [0x7ffd3c0f8000, 'rw-p', 'stack'],
  ]);
});
