import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A program that runs until it is disposed of. It speaks into a file: a PKCS#11 module blocks this process while it waits for
 * the program, which would wait for somebody to empty its pipe.
 */
export class BackgroundProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'decant-said-'));
  #failure: Error | null = null;

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#name = program;
    const file = openSync(this.#said, 'w');
    this.#child = spawn(program, args, { env, stdio: ['ignore', file, file] });
    closeSync(file);
    this.#child.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** Resolves with what matches as soon as what it says matches. @throws Error when it ends before */
  async says(expected: RegExp): Promise<string> {
    const match = (): string | undefined => expected.exec(readFileSync(this.#said, 'utf8'))?.[0];
    await this.until(() => match() !== undefined);
    return match() ?? '';
  }

  /** Resolves as soon as `check` answers true, looked at every 20 ms while it runs. @throws Error when it ends before */
  async until(check: () => boolean): Promise<void> {
    while (!check()) {
      if (this.#failure !== null || this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`${this.#name} has ended: ${this.#failure?.message ?? readFileSync(this.#said, 'utf8')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill();
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #said(): string {
    return join(this.#folder, 'said');
  }
}
