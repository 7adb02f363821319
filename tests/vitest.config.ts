import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    // epoll (under onoff) ends a worker thread with a segmentation fault
    pool: 'forks',
    // a test starts processes of its own, too
    maxWorkers: 2,
    globalSetup: 'tests/support/run-folder.ts',
    include: ['{src,hsm,recipes,firmware-bridge,tests}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'tests/slow/**', 'tests/hardware/**', '.decant/**', '.toolchain/**'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    coverage: {
      provider: 'v8',
      include: ['src/cell/**/*.ts', 'hsm/**/*.ts', 'recipes/**/*.ts'],
      exclude: ['**/*.test.ts', '**/main.ts'],
      reporter: ['text-summary', 'json-summary'],
      reportOnFailure: true,
      thresholds: { lines: 90, branches: 85 },
    },
  },
});
