import { describe, expect, it } from 'vitest';
import { watcherOf } from './watchers.ts';

const nobody = { execArgv: [], env: {}, inspector: undefined };

describe('what lets a process be watched', () => {
  it.each([
    '--inspect',
    '--inspect=0',
    '--inspect-brk',
    '--inspect-wait',
    '--inspect_brk=127.0.0.1:9229',
    '--debug-port=1',
    '--heapsnapshot-signal=SIGUSR2',
    '--heapsnapshot-near-heap-limit=1',
    '--heap-prof',
    '--cpu-prof',
    '--prof',
    '--report-on-signal',
    '--report-on-fatalerror',
    '--report-uncaught-exception',
    '--report-signal=SIGUSR2',
    '--abort-on-uncaught-exception',
    '--expose-gc',
    '--trace-deopt',
    '--perf-basic-prof',
  ])('is the flag %s', (flag) => {
    expect(watcherOf({ ...nobody, execArgv: ['--disable-sigusr1', flag] })).toBe(
      flag.replaceAll('_', '-').split('=')[0],
    );
  });

  it.each(['--disable-sigusr1', '--disable-warning=ExperimentalWarning', '--import', '--max-old-space-size=128'])(
    'is not the flag %s',
    (flag) => {
      expect(watcherOf({ ...nobody, execArgv: [flag] })).toBeNull();
    },
  );

  it('is whatever stands in NODE_OPTIONS, unless it is empty', () => {
    expect(watcherOf({ ...nobody, env: { NODE_OPTIONS: '--max-old-space-size=128' } })).toBe('NODE_OPTIONS');
    expect(watcherOf({ ...nobody, env: { NODE_OPTIONS: ' ' } })).toBeNull();
    expect(watcherOf({ ...nobody, env: {} })).toBeNull();
  });

  it('is a debugger that was let in by other means', () => {
    expect(watcherOf({ ...nobody, inspector: 'ws://127.0.0.1:9229/1' })).toBe('inspector');
  });
});
