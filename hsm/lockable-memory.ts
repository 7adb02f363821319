import { readFileSync } from 'node:fs';

/** Bit of CAP_IPC_LOCK, with which there is no limit (capabilities(7)). */
const mayLockAll = 1n << 14n;

/** How much memory a process may still lock, in bytes, by its /proc/PID/limits and /proc/PID/status (proc(5)). */
export function lockableIn(limits: string, status: string): number {
  const capabilities = /^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  if ((BigInt(`0x${capabilities}`) & mayLockAll) !== 0n) return Number.POSITIVE_INFINITY;
  const limit = /^Max locked memory\s+(\S+)/m.exec(limits)?.[1] ?? 'unlimited';
  if (limit === 'unlimited') return Number.POSITIVE_INFINITY;
  const locked = Number(/^VmLck:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  return Math.max(0, Number(limit) - locked);
}

/** How much memory this process may still lock, in bytes; without end where nobody says. */
export function lockableMemory(): number {
  try {
    return lockableIn(readFileSync('/proc/self/limits', 'utf8'), readFileSync('/proc/self/status', 'utf8'));
  } catch {
    // no Linux
    return Number.POSITIVE_INFINITY;
  }
}
