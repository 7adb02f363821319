import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Advance, advance, type ExecutorEffect, type ExecutorEvent, type ExecutorState } from './state.ts';

const by = 'cell' as const;
const why = 'machine/glass-missing' as const;
const events: readonly ExecutorEvent[] = [
  { t: 'start', by },
  { t: 'pour', by },
  { t: 'poured', by },
  { t: 'armed', by },
  { t: 'lapsed', by },
  { t: 'interlock-lost', by, why },
  { t: 'interlock-back', by },
  { t: 'outputs-off', by },
  { t: 'limit-passed', by },
  { t: 'stop', by, why: 'machine/pour-interrupted' },
  { t: 'fault', by, why: 'dispenser/failed' },
  { t: 'finish', by },
];

function walk(...names: ExecutorEvent['t'][]): { state: ExecutorState; effects: ExecutorEffect[] } {
  let state: ExecutorState = { t: 'idle' };
  const effects: ExecutorEffect[] = [];
  for (const name of names) {
    const event = events.find((each) => each.t === name);
    if (event === undefined) throw new Error(name);
    const next = advance(state, event);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}

describe('the way of a run', () => {
  it('is idle, running, complete', () => {
    expect(walk('start', 'pour', 'poured', 'pour', 'poured', 'finish')).toEqual({
      state: { t: 'complete' },
      effects: ['arm', 'arm'],
    });
  });

  it('is running, holding, held, restarting, running with the glass away and back', () => {
    const path: ExecutorEvent['t'][] = ['start', 'pour', 'interlock-lost', 'outputs-off', 'interlock-back', 'armed'];
    const seen = path.map((_, i) => walk(...path.slice(0, i + 1)).state.t);
    expect(seen).toEqual(['running', 'running', 'holding', 'held', 'restarting', 'running']);
    expect(walk(...path).effects).toEqual(['arm', 'outputs-off', 'watch-limit', 'forget-limit', 'arm']);
  });

  it('goes from stopping to aborting when the outputs cannot be switched off', () => {
    expect(walk('start', 'pour', 'stop', 'fault')).toEqual({
      state: { t: 'aborting', why: 'dispenser/failed' },
      effects: ['arm', 'outputs-off', 'outputs-off'],
    });
    expect(walk('start', 'pour', 'stop', 'fault', 'outputs-off').state.t).toBe('aborted');
  });

  it('completes a drink whose glass was taken after the last piece', () => {
    expect(walk('start', 'interlock-lost', 'finish').state.t).toBe('complete');
  });

  it('never starts when it was stopped before', () => {
    expect(walk('stop', 'start', 'pour').state.t).toBe('stopped');
  });
});

describe('in every order of events', () => {
  const orders = fc.array(fc.constantFrom(...events), { maxLength: 30 });
  const mayPour = (state: ExecutorState): boolean =>
    state.t === 'restarting' || (state.t === 'running' && state.pouring);

  it('a run that is over stays over', () => {
    fc.assert(
      fc.property(orders, (order) => {
        let state: ExecutorState = { t: 'idle' };
        for (const event of order) {
          const { state: next }: Advance = advance(state, event);
          expect(!['stopped', 'aborted', 'complete'].includes(state.t) || next === state).toBe(true);
          state = next;
        }
      }),
    );
  });

  it('outputs are asked off whenever they might be on and should not be, and armed only then', () => {
    fc.assert(
      fc.property(orders, (order) => {
        let state: ExecutorState = { t: 'idle' };
        for (const event of order) {
          const next = advance(state, event);
          const hasEndedItself = event.t === 'poured' || event.t === 'lapsed';
          const mustGoOff = mayPour(state) && !mayPour(next.state) && !hasEndedItself;
          const mustArm = !mayPour(state) && mayPour(next.state);
          expect(!mustGoOff || next.effects.includes('outputs-off')).toBe(true);
          expect(!mustArm || next.effects.includes('arm')).toBe(true);
          expect(!next.effects.includes('arm') || mayPour(next.state)).toBe(true);
          state = next.state;
        }
      }),
    );
  });

  it('stop, then the outputs going off, ends a run that has begun', () => {
    fc.assert(
      fc.property(orders, (order) => {
        let state: ExecutorState = { t: 'idle' };
        for (const event of [
          ...order,
          ...events.filter((each) => each.t === 'stop' || each.t === 'outputs-off').reverse(),
        ]) {
          state = advance(state, event).state;
        }
        state = advance(state, { t: 'outputs-off', by }).state;
        expect(['stopped', 'aborted', 'complete']).toContain(state.t);
      }),
    );
  });

  it('a limit is watched only while held, and forgotten when it goes on', () => {
    fc.assert(
      fc.property(orders, (order) => {
        let state: ExecutorState = { t: 'idle' };
        let isWatched = false;
        for (const event of order) {
          const next = advance(state, event);
          if (next.effects.includes('watch-limit')) isWatched = true;
          if (next.effects.includes('forget-limit') || event.t === 'limit-passed') isWatched = false;
          expect(isWatched).toBe(next.state.t === 'held');
          state = next.state;
        }
      }),
    );
  });
});
