import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PatternIndex } from '#cli/memory/pattern-index.ts';

/** How often each byte string stands in the files below a folder. */
export async function countInFiles(folder: string, patterns: readonly Uint8Array[]): Promise<readonly number[]> {
  const index = new PatternIndex(patterns);
  const counts = patterns.map(() => 0);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = await readFile(join(entry.parentPath, entry.name));
    index.search(bytes, bytes.length, (which) => {
      counts[which] = (counts[which] ?? 0) + 1;
    });
  }
  return counts;
}
