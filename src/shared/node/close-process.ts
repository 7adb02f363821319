import { url } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';
import koffi from 'koffi';
import { Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { watcherOf } from './watchers.ts';

/** Numbers of prctl(2) and setrlimit(2) on Linux. */
const setDumpable = 4;
const coreLimit = 4;

/**
 * Keeps this process's memory to itself, for the life of the process: no core dump, no reading by others of its account
 * (root still can), no debugger by a signal, no optimised code.
 * @throws Failure `process/debuggable` when somebody may be watching already
 */
export function closeProcess(log: Log): void {
  const setting = watcherOf({ execArgv: process.execArgv, env: process.env, inspector: url() });
  if (setting !== null) throw new Failure('process/debuggable', { setting });
  process.on('SIGUSR1', () => {});
  forgoOptimisation();
  if (process.env['LD_PRELOAD'] !== undefined) log.warn('LD_PRELOAD is set: what it names is in this process');
  const refused = process.platform === 'linux' ? forbidDumps() : ['other systems than Linux'];
  if (refused.length > 0) log.warn('memory dumps are not forbidden by this process', { refused: refused.join(', ') });
}

/**
 * Leaves code as V8 first has it. When optimised code turns out to be wrong V8 copies the numbers of the running function into
 * memory that it frees and never wipes; without it numbers stay where the code puts them (decision 0010).
 */
export function forgoOptimisation(): void {
  for (const compiler of ['--no-opt', '--no-maglev']) setFlagsFromString(compiler);
}

/** What the kernel refused. */
function forbidDumps(): string[] {
  const own = koffi.load(null);
  const prctl = own.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)');
  const setrlimit = own.func('int setrlimit(int, const void *)');
  const refused: string[] = [];
  if (prctl(setDumpable, 0, 0, 0, 0) !== 0) refused.push('PR_SET_DUMPABLE');
  // soft and hard limit
  if (setrlimit(coreLimit, new BigUint64Array(2)) !== 0) refused.push('RLIMIT_CORE');
  return refused;
}
