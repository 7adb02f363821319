import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder that all test files of one run share; it is gone when the run ends. */
    readonly runFolder: string;
  }
}

let folder: string | null = null;

/** Called by vitest before the first file of a run. */
export async function setup(project: TestProject): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'decant-run-'));
  project.provide('runFolder', folder);
}

/** Called by vitest after the last. */
export async function teardown(): Promise<void> {
  if (folder !== null) await rm(folder, { recursive: true, force: true });
}
