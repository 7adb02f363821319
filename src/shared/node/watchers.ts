/** As much of a process as says who may look into it. */
export interface Surroundings {
  /** Flags that Node was started with. */
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a debugger may attach now. */
  readonly inspector: string | undefined;
}

/** Flags of Node that let a debugger in, or write memory or what it computes to a file. */
const telltale =
  /^--(inspect|debug|experimental-network-inspection|heap|cpu-prof|prof|report-(on|uncaught|signal)|perf|trace|track-heap|abort-on|expose)/;

/**
 * What lets this process be watched, or its memory be written down: the first flag or variable of that kind; null when there
 * is none. Whatever stands in NODE_OPTIONS has taken effect already, and is refused as a whole.
 */
export function watcherOf({ execArgv, env, inspector }: Surroundings): string | null {
  const flag = execArgv.map((one) => one.replaceAll('_', '-')).find((one) => telltale.test(one));
  if (flag !== undefined) return flag.split('=')[0] ?? flag;
  if ((env['NODE_OPTIONS'] ?? '').trim() !== '') return 'NODE_OPTIONS';
  return inspector === undefined ? null : 'inspector';
}
