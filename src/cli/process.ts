import { isFailure } from '#shared/failure.ts';

/**
 * A process of ours: starts, says one JSON line on stdout, and ends on SIGINT, SIGTERM, SIGHUP, or, with `--with-parent`, when
 * stdin closes. A failure at the start is said as `{"failure": …}` in that line.
 */
export async function serveUntilStopped(
  withParent: boolean,
  start: () => Promise<{ readonly ready: object; readonly running: AsyncDisposable }>,
): Promise<number> {
  const stopped = new Promise<void>((resolve) => {
    // a terminal and npm may both deliver a signal: the second must not end the process at once
    process.on('SIGINT', () => resolve());
    process.on('SIGTERM', () => resolve());
    process.on('SIGHUP', () => resolve());
    if (withParent) process.stdin.once('end', () => resolve()).resume();
  });
  // a debugger must not be opened by a signal
  process.on('SIGUSR1', () => {});
  try {
    const { ready, running } = await start();
    await using _running = running;
    process.stdout.write(`${JSON.stringify(ready)}\n`);
    await stopped;
    return 0;
  } catch (error) {
    // a parent's pipe must not keep a process alive that has nothing to do
    process.stdin.destroy();
    if (!isFailure(error)) throw error;
    process.stdout.write(`${JSON.stringify({ failure: { code: error.code, facts: error.facts } })}\n`);
    throw error;
  }
}
