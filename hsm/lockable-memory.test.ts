import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { lockableIn } from './lockable-memory.ts';

const limits = (soft: string): string =>
  `Limit                     Soft Limit           Hard Limit           Units\nMax locked memory         ${soft.padEnd(21)}8388608              bytes\n`;
const status = (locked: number, capabilities = '0000000000000000'): string =>
  `Name:\tnode\nVmLck:\t${String(locked).padStart(8)} kB\nCapEff:\t${capabilities}\n`;

describe('memory that may still be locked', () => {
  it.each([
    ['65536', 0, 65_536],
    ['65536', 40, 24_576],
    ['65536', 64, 0],
    ['0', 0, 0],
    ['unlimited', 64, Number.POSITIVE_INFINITY],
  ])('of %s bytes, %i kB of them locked, is %d', (soft, locked, left) => {
    expect(lockableIn(limits(soft), status(locked))).toBe(left);
  });

  it('has no end for who may lock everything', () => {
    expect(lockableIn(limits('65536'), status(64, '000001fffeffffff'))).toBe(Number.POSITIVE_INFINITY);
    expect(lockableIn(limits('65536'), status(64, '000001fffeffbfff'))).toBe(0);
  });
});

/** Runs as an account without privileges, where the test is root. */
const script = `
  const { SecureBuffer } = await import("#hsm/secure-buffer.ts");
  if (process.getuid() === 0) process.setuid(65534);
  try {
    const held = [new SecureBuffer(4096), new SecureBuffer(4096)];
    console.log(held.length);
  } catch (error) {
    console.log(error.code, JSON.stringify(error.facts));
  }
`;

/** What two buffers of 4096 bytes come to in a process that may lock so much. */
function under(kib: number): string {
  const command = `ulimit -l ${kib} && exec "$0" --disable-warning=ExperimentalWarning --input-type=module -e "$1"`;
  const options = { encoding: 'utf8', cwd: import.meta.dirname } as const;
  return spawnSync('sh', ['-c', command, process.execPath, script], options).stdout.trim();
}

describe('a secure buffer', () => {
  it('is made where it can be locked', () => {
    expect(under(64)).toBe('2');
  });

  it.each([0, 8, 12])('is refused with %i KiB to lock, where it would silently be swapped', (kib) => {
    const allowed = kib === 12 ? 4096 : 0;
    const second = `process/memory-not-lockable {"allowed":${allowed},"needed":8192}`;
    expect(under(kib)).toBe(second);
  });
});
