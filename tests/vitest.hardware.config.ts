import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    pool: 'forks',
    globalSetup: 'tests/support/run-folder.ts',
    include: ['tests/hardware/**/*.test.ts'],
    // an emulator keeps real time only where it has a core of its own
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
