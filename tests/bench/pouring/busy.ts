import { spawn } from 'node:child_process';

/** Processes that never pause, one for each core. */
export function busy(): Disposable {
  const burners = [0, 1].map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  return { [Symbol.dispose]: () => burners.forEach((each) => each.kill('SIGKILL')) };
}
