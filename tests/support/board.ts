import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';

/** A pin changed: to a level, or nothing drives it any more (`z`). */
export interface Edge {
  readonly pin: number;
  readonly level: '0' | '1' | 'z';
  /** When, ns on a clock of the board's own. */
  readonly ns: number;
}

/** The firmware on a board that is a process: its serial line is a pty, its pins are lines of text. */
export interface Board extends AsyncDisposable {
  /** What a serial port opens: a name of its own, gone with the board. Numbers of ptys are given again to other boards. */
  readonly path: string;
  /** All edges of outputs since the start. */
  readonly edges: readonly Edge[];
  /** All lines that the board wrote, edges too. */
  readonly lines: readonly string[];
  /** Gives the board a command, as the head of its main.c lists them. */
  command(line: string): void;
  /** Resolves when `seen` finds what it wants, asked after each line of the board. */
  until(seen: (edges: readonly Edge[]) => boolean): Promise<void>;
  /** Id of its process. */
  readonly pid: number;
}

const firmware = join(import.meta.dirname, '../../firmware-bridge/firmware');

/** Builds a target of the firmware's Makefile into `folder`. */
export async function buildFirmware(target: string, folder: string, makefile = firmware): Promise<void> {
  // test files that run side by side build into the same folder
  const lock = join(folder, 'firmware.lock');
  await promisify(execFile)('flock', [lock, 'make', '-s', '-C', makefile, target, `OUT=${folder}`]);
}

/** Starts a board's program; its first line tells the pty. */
export async function startBoard(program: string, args: readonly string[] = []): Promise<Board> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  ownTime(child.pid);
  const board = new ProcessBoard(child);
  await board.started;
  return board;
}

/** A board has a processor of its own; its program goes before others, where that may be asked for. */
export function ownTime(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, -15);
  } catch {
    // only root may
  }
}

class ProcessBoard implements Board {
  readonly #place = mkdtempSync(join(tmpdir(), 'decant-board-'));
  path = '';
  readonly edges: Edge[] = [];
  readonly lines: string[] = [];
  readonly started: Promise<void>;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #gone: Promise<void>;
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    const started = Promise.withResolvers<void>();
    this.started = started.promise;
    const gone = Promise.withResolvers<void>();
    this.#gone = gone.promise;
    child.on('error', started.reject);
    child.on('exit', (code) => {
      started.reject(new Error(`the board ended with ${code}`));
      gone.resolve();
    });
    // a board that was killed takes no more commands
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#take(line);
      if (this.path !== '') started.resolve();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  #take(line: string): void {
    this.lines.push(line);
    const [word, first = '', level, ns] = line.split(' ');
    if (word === 'PTY') {
      this.path = join(this.#place, 'port');
      symlinkSync(first, this.path);
    }
    if (word === 'edge' && (level === '0' || level === '1' || level === 'z')) {
      this.edges.push({ pin: Number(first), level, ns: Number(ns) });
    }
    for (const look of this.#waiting) look();
  }

  command(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  until(seen: (edges: readonly Edge[]) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (!seen(this.edges)) return;
      this.#waiting.delete(look);
      resolve();
    };
    this.#waiting.add(look);
    look();
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.#place, { recursive: true, force: true });
    this.#child.stdin.end();
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}

/** On-times of the pulses at a pin that became active at 1, ns. */
export function pulses(edges: readonly Edge[], pin: number): number[] {
  const own = edges.filter((edge) => edge.pin === pin);
  return own.flatMap((edge, i) => {
    const after = own[i + 1];
    return edge.level === '1' && after !== undefined ? [after.ns - edge.ns] : [];
  });
}
