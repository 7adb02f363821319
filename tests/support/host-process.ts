import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./bridge-host.ts', import.meta.url));

/** A host that pours on pump 0, as a process of its own (`bridge-host.ts`). */
export class HostProcess implements AsyncDisposable {
  /** Number of its job. */
  readonly job: number;
  readonly #child: ChildProcessByStdio<null, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<null, Readable, null>, lines: AsyncIterator<string>, job: number) {
    this.#child = child;
    this.#lines = lines;
    this.job = job;
  }

  /** Resolves when its job is armed. */
  static async pouring(port: string, onMs: number, leaseMs: number): Promise<HostProcess> {
    const child = spawn(process.execPath, [program, port, String(onMs), String(leaseMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    return new HostProcess(child, lines, Number(String(first.value).split(' ')[1]));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a signal; answers when, ns of the computer's monotonic clock. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): number {
    process.kill(this.pid, name);
    return Number(process.hrtime.bigint());
  }

  /** How its job ended. */
  async end(): Promise<unknown> {
    const last = await this.#lines.next();
    return JSON.parse(String(last.value).slice('done '.length)) as unknown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
