import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Failure } from '#shared/failure.ts';
import { knownFailureCode } from '#shared/failure-codes.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface ChildOptions {
  /** Arguments of the command line, the command first. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** File that the child's log lines are appended to. */
  readonly log: string;
  /** Ends it while it starts. */
  readonly giveUp?: AbortSignal;
}

/** A process of ours that says one JSON line on stdout when it is ready, and ends with its parent. */
export interface Child<T> extends AsyncDisposable {
  readonly ready: T;
  readonly pid: number;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
}

const startPatienceMs = 60_000;
const endPatienceMs = 10_000;

/** Environment of a child: ours, without what would change how Node runs it. */
function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: coverage, ...rest } = process.env;
  return { ...rest, ...(coverage === undefined ? {} : { NODE_V8_COVERAGE: coverage }), ...extra };
}

/**
 * Starts a process and waits until it is ready.
 * @throws Failure that the process said, or `config/process-ended`
 */
export async function startChild<T>(options: ChildOptions): Promise<Child<T>> {
  const child = await spawnLogged(options);
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const end = async (): Promise<void> => {
    child.stdin?.end();
    child.kill('SIGTERM');
    const last = setTimeout(() => child.kill('SIGKILL'), endPatienceMs);
    await ended;
    clearTimeout(last);
  };
  const giveUp = (): void => void end();
  const patience = setTimeout(giveUp, startPatienceMs);
  options.giveUp?.addEventListener('abort', giveUp);
  try {
    if (options.giveUp?.aborted === true) giveUp();
    const ready = (await firstLine(child, ended, options)) as T;
    return { ready, pid: child.pid ?? 0, ended, kill: (signal) => child.kill(signal), [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  } finally {
    clearTimeout(patience);
    options.giveUp?.removeEventListener('abort', giveUp);
  }
}

/** Runs a command to its end and answers its last line of JSON. @throws Failure as `startChild` */
export async function runChild<T>(options: ChildOptions): Promise<T> {
  const child = await startChild<T>(options);
  const code = await child.ended;
  if (code !== 0) throw new Failure('config/process-ended', { command: options.args[0] ?? '', code, log: options.log });
  return child.ready;
}

async function spawnLogged({ args, env, log }: ChildOptions): Promise<ChildProcess> {
  const file = await open(log, 'a', 0o600);
  try {
    return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--disable-sigusr1', main, ...args], {
      env: environment(env),
      stdio: ['pipe', 'pipe', file.fd],
    });
  } finally {
    await file.close();
  }
}

function firstLine(
  child: ChildProcess,
  ended: Promise<number | string>,
  { args: [command = ''], log }: ChildOptions,
): Promise<unknown> {
  const { stdout } = child;
  if (stdout === null) throw new Failure('config/process-ended', { command, log });
  return new Promise((resolve, reject) => {
    createInterface({ input: stdout }).once('line', (line) => {
      const said = JSON.parse(line) as { failure?: { code: string; facts: Record<string, string> } };
      if (said.failure === undefined) resolve(said);
      else reject(new Failure(knownFailureCode(said.failure.code) ?? 'message/unavailable', said.failure.facts));
    });
    void ended.then((code) => reject(new Failure('config/process-ended', { command, code, log })));
  });
}
