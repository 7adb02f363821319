import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The project's own folder. */
export const root = join(import.meta.dirname, '..', '..');

export interface ProgramEnd {
  readonly code: number;
  /** What it said on stdout and stderr, in order of arrival; empty when it was shown as it came. */
  readonly output: string;
}

/** Who runs a program; only root may choose. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface ProgramOptions {
  /** Let the program write to our own terminal instead of keeping what it says. */
  readonly show?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly account?: Account;
}

/** Runs a program to its end; ending us ends it. A program that cannot start ends with 127. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      ...options.account,
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: options.show === true ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    const pass = (signal: NodeJS.Signals): void => {
      child.kill(signal);
    };
    let output = '';
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    const end = (code: number): void => {
      for (const signal of endingSignals) process.removeListener(signal, pass);
      resolve({ code, output });
    };
    for (const signal of endingSignals) process.on(signal, pass);
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => {
      output += `${error.message}\n`;
      end(127);
    });
    child.on('close', (code) => {
      end(code ?? 1);
    });
  });
}

/** Runs a script of the project or of its packages with the Node that runs us. */
export function runNode(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramEnd> {
  return runProgram(process.execPath, args, options);
}

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
