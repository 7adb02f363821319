import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, isDone, nextStep, type Progress, type ProvisionEvent, type Step, sequences } from './sequence.ts';

const steps = [...new Set(Object.values(sequences).flat())];
const step = fc.constantFrom(...steps);
const event: fc.Arbitrary<ProvisionEvent> = fc.oneof(
  fc.record({ t: fc.constant('opened' as const), sequence: fc.constantFrom('machine' as const, 'epoch' as const) }),
  fc.record({ t: fc.constantFrom('begun' as const, 'done' as const, 'failed' as const, 'undone' as const), step }),
  fc.record({ t: fc.constant('noted' as const), what: fc.constant('anchors' as const) }),
);

/** Every event that can follow is taken, the others are passed over. */
function follow(events: readonly ProvisionEvent[]): { progress: Progress | null; taken: ProvisionEvent[] } {
  let progress: Progress | null = null;
  const taken: ProvisionEvent[] = [];
  for (const one of events) {
    try {
      progress = advance(progress, one);
      taken.push(one);
    } catch (error) {
      expect(error).toMatchObject({ code: 'provision/audit-broken' });
    }
  }
  return { progress, taken };
}

/** The events of a sequence done in order, up to `count` steps. */
const inOrder = (sequence: 'machine' | 'epoch', count = 99): ProvisionEvent[] => [
  { t: 'opened', sequence },
  ...sequences[sequence].slice(0, count).flatMap((one): ProvisionEvent[] => [
    { t: 'begun', step: one },
    { t: 'done', step: one },
  ]),
];

describe('the sequence of steps', () => {
  it('is complete when each is begun and done in order, and an epoch may follow', () => {
    const { progress, taken } = follow([...inOrder('machine'), ...inOrder('epoch')]);
    expect(taken).toHaveLength(1 + 20 + 1 + 8);
    expect(progress === null ? 'none' : nextStep(progress)).toBeNull();
  });

  it('never has a step done that was not begun, whatever order events come in', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const { taken } = follow(events);
        let begun: Step | null = null;
        for (const one of taken) {
          if (one.t === 'begun') begun = one.step;
          if (one.t === 'done') expect(one.step).toBe(begun);
          if (one.t === 'done') begun = null;
          // undone leaves its own step as one that may have left something behind
          if (one.t === 'undone') begun = one.step;
        }
        expect(taken[0]?.t ?? 'opened').toBe('opened');
      }),
      { verbose: 1 },
    );
  });

  it('has a machine in service before it takes a further epoch, and one sequence at a time', () => {
    for (let count = 0; count < sequences.machine.length; count += 1) {
      const { taken } = follow([...inOrder('machine', count), { t: 'opened', sequence: 'epoch' }]);
      expect(taken).toHaveLength(1 + 2 * count);
    }
    expect(follow([{ t: 'opened', sequence: 'epoch' }]).progress).toBeNull();
  });

  it('knows after a cut that the step was begun, and after an undoing that something may lie there', () => {
    const cut = follow([...inOrder('machine', 6), { t: 'begun', step: 'class-key' }]).progress;
    expect(cut === null ? null : nextStep(cut)).toEqual({ step: 'class-key', resume: true, number: 7, of: 10 });
    const undone = cut === null ? null : advance(cut, { t: 'undone', step: 'transport' });
    expect(undone === null ? null : nextStep(undone)).toEqual({ step: 'transport', resume: true, number: 6, of: 10 });
    expect(undone === null ? null : isDone(undone, 'certificate')).toBe(true);
  });
});
