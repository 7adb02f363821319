import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idOf, Till, wanted } from '../testing/till.ts';

let till: Till;
beforeEach(() => {
  till = new Till();
});
afterEach(() => till[Symbol.dispose]());

const stage = (n: number): string => till.order(n).stage;
const problem = (n: number): string | undefined => till.order(n).problem?.code;

describe('the connection to the cell', () => {
  it.each(['request lost', 'answer lost'] as const)(
    'may break at the start (%s): the cell tells what became of it',
    async (fault) => {
      await till.ready(1);
      till.cell.fault = fault;
      till.cell.faultOf = 'start';
      till.start(1);
      await till.clock.advance(0);
      expect(problem(1)).toBe('machine/cell-unreachable');
      till.cancel(1);
      expect(stage(1)).toBe('place_glass');
      await till.reconnect();
      await till.clock.advance(5000);
      expect(till.cell.poured).toHaveLength(fault === 'answer lost' ? 1 : 0);
      expect(stage(1)).toBe(fault === 'answer lost' ? 'pouring' : 'place_glass');
      if (fault === 'request lost') till.start(1);
      await till.clock.advance(0);
      till.cell.finish();
      await till.clock.advance(0);
      expect([stage(1), till.cell.poured.length]).toEqual(['done', 1]);
    },
  );

  it('may be away while a drink ends', async () => {
    await till.ready(1);
    till.start(1);
    await till.clock.advance(0);
    await till.disconnect();
    till.cell.finish();
    expect([stage(1), problem(1)]).toEqual(['pouring', 'machine/cell-unreachable']);
    await till.reconnect();
    expect(till.order(1)).toMatchObject({ stage: 'done', usage: { booked: true } });
  });

  it('may come back to a cell that was restarted: a touch before it has checked again is not lost', async () => {
    await till.ready(1);
    till.cell.reboot(false);
    till.start(1);
    await till.clock.advance(0);
    expect([stage(1), till.cell.poured.length]).toEqual(['pouring', 1]);
  });

  it('that breaks while a use is released does not block the station', async () => {
    await till.ready(1);
    till.cell.fault = 'request lost';
    till.cancel(1);
    await till.clock.advance(0);
    expect(till.cell.checked).toBe(idOf(1));
    await till.reconnect();
    expect(till.cell.checked).toBeNull();
    expect((await till.ready(2)).stage).toBe('place_glass');
  });
});

describe('the station', () => {
  const readyAll = async (...numbers: number[]): Promise<void> => {
    for (const n of numbers) await till.ready(n);
  };

  it('is given to the order that was licensed first, and the others see how many come before them', async () => {
    await readyAll(1, 2, 3);
    expect([stage(1), stage(2), stage(3)]).toEqual(['place_glass', 'licence', 'licence']);
    expect(till.order(2).problem).toEqual({ code: 'machine/busy', facts: { before: '1' } });
    expect(till.order(3).problem).toEqual({ code: 'machine/busy', facts: { before: '2' } });
    till.start(1);
    await till.clock.advance(0);
    till.cell.finish();
    await till.clock.advance(0);
    expect([stage(2), problem(2)]).toEqual(['place_glass', undefined]);
    expect(till.order(3).problem?.facts['before']).toBe('1');
  });

  it('goes to the next when an order is cancelled, and asks the cell for nothing in between', async () => {
    await readyAll(1, 2, 3);
    const asked = till.cell.asked.length;
    await till.clock.advance(60_000);
    expect(till.cell.asked.length).toBe(asked);
    till.cancel(2);
    await till.clock.advance(0);
    expect(till.order(3).problem?.facts['before']).toBe('1');
    till.cancel(1);
    await till.clock.advance(0);
    expect(stage(3)).toBe('place_glass');
  });

  it('passes over a customer who has left while others wait, and comes back to them', async () => {
    await readyAll(1, 2);
    await till.clock.advance(119_000);
    expect(stage(1)).toBe('place_glass');
    await till.clock.advance(2000);
    expect([stage(1), stage(2)]).toEqual(['licence', 'place_glass']);
    expect(till.order(1).problem?.facts['before']).toBe('1');
    till.start(2);
    await till.clock.advance(0);
    till.cell.finish();
    await till.clock.advance(0);
    expect(stage(1)).toBe('place_glass');
  });

  it('stays with a customer for whom nobody waits', async () => {
    await till.ready(1);
    await till.clock.advance(3_600_000);
    expect(stage(1)).toBe('place_glass');
  });

  it('keeps its order over a restart', async () => {
    await readyAll(1, 2, 3);
    await till.crash();
    expect([stage(1), stage(2), stage(3)]).toEqual(['place_glass', 'licence', 'licence']);
    till.cancel(1);
    await till.clock.advance(0);
    expect([stage(2), stage(3)]).toEqual(['place_glass', 'licence']);
  });
});

describe('an error that nobody foresaw', () => {
  it.each(['invoice', 'buy', 'check'])('in %s gives the money back and is an open case', async (effect) => {
    till.bug = (one) => one === effect;
    await till.counter.take(wanted(1));
    if (effect !== 'invoice') till.pay(till.order(1), 1000, 1);
    await till.look();
    await till.clock.advance(60_000);
    expect(till.order(1)).toMatchObject({ stage: 'failed', problem: { code: 'order/broken' } });
    expect(await till.worth(till.order(1))).toBe(effect === 'invoice' ? 0n : 1000n);
    expect(till.counter.openCases()).toEqual([
      { order: idOf(1), number: 1, problem: { code: 'order/broken', facts: { effect } } },
    ]);
  });

  it('in a refund is an open case, paid back when desk is started without the error', async () => {
    await till.ready(1);
    till.bug = (effect) => effect === 'refund';
    till.cancel(1);
    await till.clock.advance(600_000);
    expect(till.order(1)).toMatchObject({ stage: 'cancelled', refund: null });
    expect(till.counter.openCases()).toHaveLength(1);
    till.bug = () => false;
    await till.crash();
    expect(await till.worth(till.order(1))).toBe(1000n);
  });

  it('in a start leaves the order to the word of the cell', async () => {
    await till.ready(1);
    till.bug = (effect) => effect === 'pour';
    till.start(1);
    await till.clock.advance(600_000);
    expect(stage(1)).toBe('place_glass');
    expect(till.counter.openCases()).toHaveLength(1);
    till.bug = () => false;
    till.start(1);
    await till.clock.advance(0);
    expect(stage(1)).toBe('pouring');
  });

  it('of one who listens stops neither order nor others who listen', async () => {
    const heard: string[] = [];
    till.counter.onChange(() => {
      throw new TypeError('a bug in a page');
    });
    till.counter.onChange(({ stage: now }) => heard.push(now));
    await till.ready(1);
    expect(heard.at(-1)).toBe('place_glass');
  });
});
