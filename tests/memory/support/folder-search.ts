import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PatternIndex } from '#cli/memory/pattern-index.ts';

const windowBytes = 1 << 22;
/** Most of a core dump. */
const nothing = Buffer.alloc(windowBytes);

/** How often each byte string stands in these files, and in those below these folders. */
export async function countInFiles(
  paths: readonly string[],
  patterns: readonly Uint8Array[],
): Promise<readonly number[]> {
  const index = new PatternIndex(patterns);
  const counts = patterns.map(() => 0);
  for (const path of (await Promise.all(paths.map(filesAt))).flat()) {
    await searchFile(path, index, (which) => {
      counts[which] = (counts[which] ?? 0) + 1;
    });
  }
  return counts;
}

async function filesAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function searchFile(path: string, index: PatternIndex, found: (which: number) => void): Promise<void> {
  await using file = await open(path);
  const window = Buffer.allocUnsafeSlow(windowBytes);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(window, 0, windowBytes, at);
    const isLast = bytesRead < windowBytes;
    const fresh = isLast ? bytesRead : bytesRead - index.longest + 1;
    if (window.compare(nothing, 0, bytesRead, 0, bytesRead) !== 0) {
      index.search(window.subarray(0, bytesRead), fresh, found);
    }
    if (isLast) return;
    at += fresh;
  }
}
