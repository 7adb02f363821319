import { describe, expect, test } from 'vitest';
import { completed, type LockFile, missingOptionals } from './lock-file.ts';

const lock: LockFile = {
  packages: {
    'node_modules/tool': {
      version: '1.0.0',
      dev: true,
      optionalDependencies: {
        '@tool/linux-x64-musl': '1.0.0',
        '@tool/linux-arm64': '1.0.0',
        '@tool/darwin-x64': '1.0.0',
      },
    },
    'node_modules/@tool/linux-arm64': { version: '1.0.0' },
    'node_modules/tool/node_modules/@tool/darwin-x64': { version: '1.0.0' },
  },
};

describe('package-lock.json', () => {
  test('an optional package held neither beside nor below is missing', () => {
    expect([...missingOptionals(lock).keys()]).toEqual(['node_modules/@tool/linux-x64-musl']);
  });

  test('completing names it with its platform, so that npm does not fetch it elsewhere', () => {
    expect(completed(lock).packages['node_modules/@tool/linux-x64-musl']).toEqual({
      version: '1.0.0',
      cpu: ['x64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    });
  });

  test('a completed lock file lacks nothing', () => {
    expect(missingOptionals(completed(lock)).size).toBe(0);
  });

  test('a missing package that names no platform is an error, not a guess', () => {
    const odd: LockFile = { packages: { 'node_modules/tool': { optionalDependencies: { helper: '1.0.0' } } } };
    expect(() => missingOptionals(odd)).toThrow('names no platform');
  });
});
