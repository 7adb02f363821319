import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    pool: 'forks',
    globalSetup: 'tests/support/run-folder.ts',
    include: ['{src,hsm,recipes,firmware-bridge,tests}/**/*.long.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
  },
});
