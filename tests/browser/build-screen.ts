import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

/** A built screen in a folder of its own. */
export interface BuiltScreen extends AsyncDisposable {
  readonly dist: string;
}

/** Builds the screen from its sources, about one second. */
export async function buildScreen(): Promise<BuiltScreen> {
  const dist = await mkdtemp(join(tmpdir(), 'decant-screen-'));
  await build({
    configFile: new URL('../../src/screen/vite.config.ts', import.meta.url).pathname,
    logLevel: 'error',
    build: { outDir: dist, emptyOutDir: true },
  });
  return { dist, [Symbol.asyncDispose]: () => rm(dist, { recursive: true, force: true }) };
}
