import { Failure, unreachable } from '#shared/failure.ts';

/** The steps that bring a machine into service, and those that give one in service a further class key; in their order. */
export const sequences = {
  machine: [
    'token',
    'identity',
    'state-key',
    'request',
    'certificate',
    'transport',
    'class-key',
    'anchors',
    'prekeys',
    'read-back',
  ],
  epoch: ['transport', 'class-key', 'epochs', 'read-back'],
} as const;

export type SequenceName = keyof typeof sequences;
export type Step = (typeof sequences)[SequenceName][number];

/** How far a sequence has come. */
export interface Progress {
  readonly sequence: SequenceName;
  /** How many of its steps are done. */
  readonly done: number;
  /** Whether the next one was begun: by a process that ended before it was done, or that failed. */
  readonly begun: boolean;
}

/** What the audit record says happened. */
export type ProvisionEvent =
  | { readonly t: 'opened'; readonly sequence: SequenceName }
  | { readonly t: 'begun'; readonly step: Step }
  | { readonly t: 'done'; readonly step: Step }
  | { readonly t: 'failed'; readonly step: Step }
  /** This step and all after it have to be done again. */
  | { readonly t: 'undone'; readonly step: Step }
  /** Beside the steps: a list of whom to believe is taken. */
  | { readonly t: 'noted'; readonly what: 'anchors' };

/** What comes next; `resume` when it was begun before, and may have left something half made. */
export interface NextStep {
  readonly step: Step;
  readonly resume: boolean;
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/**
 * The progress after one more event; null before the first.
 * @throws Failure `provision/audit-broken` for an event that cannot follow
 */
export function advance(progress: Progress | null, event: ProvisionEvent): Progress {
  if (event.t === 'opened') {
    if (progress === null ? event.sequence !== 'machine' : nextStep(progress) !== null) throw misplaced(event);
    return { sequence: event.sequence, done: 0, begun: false };
  }
  if (progress === null) throw misplaced(event);
  if (event.t === 'noted') return progress;
  const at = stepsOf(progress).indexOf(event.step);
  const current = at === progress.done;
  switch (event.t) {
    case 'begun':
      if (!current) throw misplaced(event);
      return { ...progress, begun: true };
    case 'failed':
      if (!current || !progress.begun) throw misplaced(event);
      return progress;
    case 'done':
      if (!current || !progress.begun) throw misplaced(event);
      return { ...progress, done: progress.done + 1, begun: false };
    case 'undone':
      if (at === -1 || at > progress.done) throw misplaced(event);
      // what a later step left behind, this one finds as it would after a cut in the middle
      return { ...progress, done: at, begun: true };
    default:
      return unreachable(event);
  }
}

/** The next step; null when the sequence is complete. */
export function nextStep(progress: Progress): NextStep | null {
  const steps = stepsOf(progress);
  const step = steps[progress.done];
  if (step === undefined) return null;
  return { step, resume: progress.begun, number: progress.done + 1, of: steps.length };
}

/** Whether `step` of the sequence under way is done. */
export function isDone(progress: Progress, step: Step): boolean {
  return stepsOf(progress).slice(0, progress.done).includes(step);
}

function stepsOf({ sequence }: Progress): readonly Step[] {
  return sequences[sequence];
}

function misplaced(event: ProvisionEvent): Failure {
  const what = event.t === 'opened' ? event.sequence : event.t === 'noted' ? event.what : event.step;
  return new Failure('provision/audit-broken', { reason: `${event.t} ${what} cannot follow` });
}
