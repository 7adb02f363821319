import { createInterface } from 'node:readline';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import type { ServiceJobRequest, ServiceJobResult, ServiceProgress } from '#wire/service-api.ts';
import { type AskedJob, askForJob } from '../service-job.ts';
import { stopRequest } from '../stop-request.ts';
import type { ConsoleTexts } from '../texts/console-texts.ts';
import { ml } from './pump-options.ts';

type Words = ConsoleTexts['pump'];

/** Where a job is shown while it runs. */
export interface JobConsole {
  readonly socket: string;
  readonly words: Words;
  /** Says nothing meanwhile: a program reads the result. */
  readonly quiet: boolean;
  /** Made once in a process: a keystroke ends whichever job runs. */
  readonly stopped: AbortSignal;
}

export const jobConsole = (socket: string, words: Words, quiet: boolean): JobConsole => ({
  socket,
  words,
  quiet,
  stopped: stopRequest(),
});

/**
 * A service job with its progress on stderr. Ctrl-C, or Enter where it runs until then, ends it; when this process dies it ends by itself.
 * @throws Failure what the cell refuses
 */
export async function runJob(
  request: ServiceJobRequest,
  { socket, words, quiet, stopped }: JobConsole,
): Promise<ServiceJobResult> {
  const shown = new Shown(words, quiet);
  let asked: AskedJob | null = null;
  using keys = new Keys();
  const job = await askForJob(socket, request, (progress) => {
    shown.show(progress);
    if (progress.phase === 'swap') keys.onEnter(() => asked?.goOn());
  });
  asked = job;
  if (request.hold === true) {
    shown.say(words.holding);
    keys.onEnter(() => job.stop());
  }
  const stop = (): void => job.stop();
  if (stopped.aborted) stop();
  stopped.addEventListener('abort', stop, { once: true });
  try {
    return await job.result;
  } finally {
    stopped.removeEventListener('abort', stop);
    shown.end();
  }
}

/** What a job did, for people. */
export function jobText({ lines, cleaned, result, reason }: ServiceJobResult, words: Words): string {
  const moved = lines.map(({ line, ul }) => fillHoles(words.moved, { line, volume: ml(ul) }));
  const entered = cleaned.map((line) => fillHoles(words.entered, { line }));
  const end = result === 'done' ? [] : [fillHoles(words[result], { reason: words.reasons[reason] ?? reason })];
  return [...moved, ...entered, ...end].join('\n');
}

/** The one line of stderr that tells how far a job is. */
class Shown {
  readonly #words: Words;
  readonly #quiet: boolean;
  #last = '';

  constructor(words: Words, quiet: boolean) {
    this.#words = words;
    this.#quiet = quiet;
  }

  show({ phase, lines, percent }: ServiceProgress): void {
    const text = fillHoles(this.#words.phases[phase], { lines: lines.join(', '), percent });
    if (this.#quiet || text === this.#last) return;
    this.#last = text;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
    else if (percent === 0) process.stderr.write(`${text}\n`);
  }

  say(text: string): void {
    if (!this.#quiet) process.stderr.write(`${text}\n`);
  }

  end(): void {
    if (!this.#quiet && process.stderr.isTTY && this.#last !== '') process.stderr.write('\r\u001b[K');
  }
}

/** The Enter key, where there is somebody to press it. */
class Keys implements Disposable {
  #lines: ReturnType<typeof createInterface> | null = null;

  onEnter(pressed: () => void): void {
    if (!process.stdin.isTTY) return;
    this.#lines ??= createInterface({ input: process.stdin });
    this.#lines.on('line', pressed);
  }

  [Symbol.dispose](): void {
    this.#lines?.close();
  }
}
