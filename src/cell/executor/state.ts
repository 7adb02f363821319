import { unreachable } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';

/** Who asked for a transition. */
export type Asker = 'cell' | 'guest' | 'operator' | 'interlock' | 'dispenser' | 'clock' | 'recipe';

/** The states of a run, named as in ISA-88 (IEC 61512-1); `pouring` tells whether a piece is under way. */
export type ExecutorState =
  | { readonly t: 'idle' }
  | { readonly t: 'running'; readonly pouring: boolean }
  | { readonly t: 'holding'; readonly why: FailureCode }
  | { readonly t: 'held'; readonly why: FailureCode; readonly pouring: boolean }
  | { readonly t: 'restarting' }
  | { readonly t: 'stopping'; readonly why: FailureCode }
  | { readonly t: 'stopped'; readonly why: FailureCode }
  | { readonly t: 'aborting'; readonly why: FailureCode }
  | { readonly t: 'aborted'; readonly why: FailureCode }
  | { readonly t: 'complete' };

export type ExecutorEvent =
  | { readonly t: 'start'; readonly by: Asker }
  /** A piece wants to pour. */
  | { readonly t: 'pour'; readonly by: Asker }
  /** The job of the piece ended by itself, whole. */
  | { readonly t: 'poured'; readonly by: Asker }
  /** A job runs again after a hold. */
  | { readonly t: 'armed'; readonly by: Asker }
  /** The outputs went off by themselves because the lease was not renewed in time. */
  | { readonly t: 'lapsed'; readonly by: Asker }
  | { readonly t: 'interlock-lost'; readonly by: Asker; readonly why: FailureCode }
  | { readonly t: 'interlock-back'; readonly by: Asker }
  /** Somebody wants it to wait: it does so until the same says `resume`, whatever the interlocks do meanwhile. */
  | { readonly t: 'hold'; readonly by: Asker }
  | { readonly t: 'resume'; readonly by: Asker }
  /** What `outputs-off` asked for is done. */
  | { readonly t: 'outputs-off'; readonly by: Asker }
  /** Held for longer than the operator allows. */
  | { readonly t: 'limit-passed'; readonly by: Asker }
  | { readonly t: 'stop'; readonly by: Asker; readonly why: FailureCode }
  | { readonly t: 'fault'; readonly by: Asker; readonly why: FailureCode }
  | { readonly t: 'finish'; readonly by: Asker };

/** What the runner has to do. */
export type ExecutorEffect = 'arm' | 'outputs-off' | 'watch-limit' | 'forget-limit';

/** Why a run waits that somebody has put on hold. */
export const heldByHand: FailureCode = 'machine/held';

type Held = ExecutorState & { readonly t: 'holding' | 'held' };

/** Whether it waits, or is about to. */
export function isHeld(state: ExecutorState): state is Held {
  return state.t === 'holding' || state.t === 'held';
}

/** Whether it does so because somebody put it on hold. */
export function isHeldByHand(state: ExecutorState): state is Held {
  return isHeld(state) && state.why === heldByHand;
}

export interface Advance {
  readonly state: ExecutorState;
  readonly effects: readonly ExecutorEffect[];
}

const to = (state: ExecutorState, ...effects: ExecutorEffect[]): Advance => ({ state, effects });

/** The next state and what to do for it; an event that means nothing in `state` changes nothing. */
export function advance(state: ExecutorState, event: ExecutorEvent): Advance {
  switch (state.t) {
    case 'idle':
      if (event.t === 'start') return to({ t: 'running', pouring: false });
      return ended(state, event);
    case 'running':
      return state.pouring ? pouring(state, event) : waiting(state, event);
    case 'restarting':
      if (event.t === 'armed') return to({ t: 'running', pouring: true });
      return pouring(state, event);
    case 'holding':
      if (event.t === 'outputs-off') return to({ t: 'held', why: state.why, pouring: true }, 'watch-limit');
      if (event.t === 'hold') return to({ t: 'holding', why: heldByHand });
      return halted(state, event);
    case 'held':
      return held(state, event);
    case 'stopping':
      if (event.t === 'outputs-off') return to({ t: 'stopped', why: state.why });
      if (event.t === 'fault') return to({ t: 'aborting', why: event.why }, 'outputs-off');
      return to(state);
    case 'aborting':
      return event.t === 'outputs-off' ? to({ t: 'aborted', why: state.why }) : to(state);
    case 'stopped':
    case 'aborted':
    case 'complete':
      return to(state);
    default:
      return unreachable(state);
  }
}

/** Outputs may be on. */
function pouring(state: ExecutorState, event: ExecutorEvent): Advance {
  if (event.t === 'poured') return to({ t: 'running', pouring: false });
  if (event.t === 'lapsed') return to({ t: 'restarting' }, 'arm');
  if (event.t === 'interlock-lost') return to({ t: 'holding', why: event.why }, 'outputs-off');
  if (event.t === 'hold') return to({ t: 'holding', why: heldByHand }, 'outputs-off');
  return halted(state, event);
}

/** Between two pieces: all outputs are off. */
function waiting(state: ExecutorState, event: ExecutorEvent): Advance {
  if (event.t === 'pour') return to({ t: 'running', pouring: true }, 'arm');
  if (event.t === 'interlock-lost') return to({ t: 'held', why: event.why, pouring: false }, 'watch-limit');
  if (event.t === 'hold') return to({ t: 'held', why: heldByHand, pouring: false }, 'watch-limit');
  if (event.t === 'finish') return to({ t: 'complete' });
  return ended(state, event);
}

function held(state: ExecutorState & { t: 'held' }, event: ExecutorEvent): Advance {
  if (event.t === 'hold') return to({ ...state, why: heldByHand });
  if (event.t === (state.why === heldByHand ? 'resume' : 'interlock-back')) {
    return state.pouring
      ? to({ t: 'restarting' }, 'forget-limit', 'arm')
      : to({ t: 'running', pouring: false }, 'forget-limit');
  }
  if (event.t === 'finish' && !state.pouring) return to({ t: 'complete' }, 'forget-limit');
  if (event.t === 'limit-passed') return to({ t: 'stopped', why: state.why });
  const { state: next, effects } = ended(state, event);
  return next === state ? to(state) : to(next, 'forget-limit', ...effects);
}

/** Stop and fault where outputs may be on: they go off first. */
function halted(state: ExecutorState, event: ExecutorEvent): Advance {
  if (event.t === 'stop') return to({ t: 'stopping', why: event.why }, 'outputs-off');
  if (event.t === 'fault') return to({ t: 'aborting', why: event.why }, 'outputs-off');
  return to(state);
}

/** Stop and fault where all outputs are off. */
function ended(state: ExecutorState, event: ExecutorEvent): Advance {
  if (event.t === 'stop') return to({ t: 'stopped', why: event.why });
  if (event.t === 'fault') return to({ t: 'aborted', why: event.why }, 'outputs-off');
  return to(state);
}
