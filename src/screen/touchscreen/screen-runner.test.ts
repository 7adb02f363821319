import { describe, expect, it } from 'vitest';
import type { OrderView } from '#wire/screen-api.ts';
import { type DeskClient, Refused } from './desk/desk-client.ts';
import { orderMemory } from './desk/order-memory.ts';
import { runScreen } from './screen-runner.ts';
import { pageOf } from './state/page-of.ts';
import { sampleOrder, sampleScreen } from './state/sample-order.ts';

function storage() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

function desk(answers: Partial<DeskClient>): DeskClient {
  const none = () => Promise.reject(new Refused({ code: 'order/unknown', facts: {} }));
  return { order: none, place: none, ask: none, ...answers };
}

const now = () => Promise.resolve();

describe('the running screen', () => {
  it('keeps the id of an order before it is sent', () => {
    const store = storage();
    const keptWhenSent: (string | undefined)[] = [];
    const place = (order: { id: string }): Promise<OrderView> => {
      keptWhenSent.push([...store.kept.values()].find((id) => id === order.id));
      return Promise.resolve(sampleOrder);
    };
    const runner = runScreen(sampleScreen({ drink: 'lagoon' }), {
      desk: desk({ place }),
      memory: orderMemory(store),
      pause: now,
    });
    runner.send({ type: 'drink-ordered', id: sampleOrder.id });
    expect(keptWhenSent).toEqual([sampleOrder.id]);
  });

  it('does not let an answer undo what was pushed meanwhile', async () => {
    const answer = Promise.withResolvers<OrderView>();
    const ready = { ...sampleOrder, state: 'place_glass' } as const;
    const runner = runScreen(sampleScreen({ order: ready }), {
      desk: desk({ ask: () => answer.promise }),
      memory: orderMemory(storage()),
      pause: now,
    });
    runner.send({ type: 'start' });
    runner.pushed({ ...sampleOrder, state: 'pouring', percent: 4 });
    answer.resolve(ready);
    await answer.promise;
    await now();
    expect(pageOf(runner.state()).name).toBe('pouring');
  });

  it('asks again after a reload until desk answers, then follows the order', async () => {
    const memory = orderMemory(storage());
    memory.remember(sampleOrder.id);
    let asked = 0;
    const order = (): Promise<OrderView> => {
      asked += 1;
      if (asked < 3) return Promise.reject(new Refused({ code: 'message/unavailable', facts: {} }));
      return Promise.resolve({ ...sampleOrder, state: 'pouring' });
    };
    const runner = runScreen(sampleScreen({ restoring: true }), { desk: desk({ order }), memory, pause: now });
    await runner.restore();
    expect(asked).toBe(3);
    expect(pageOf(runner.state()).name).toBe('pouring');
  });

  it('falls back to the order before, when the page died while sending another', async () => {
    const memory = orderMemory(storage());
    memory.remember(sampleOrder.id);
    memory.sending('never-arrived');
    const order = (id: string): Promise<OrderView> =>
      id === sampleOrder.id
        ? Promise.resolve(sampleOrder)
        : Promise.reject(new Refused({ code: 'order/unknown', facts: {} }));
    const runner = runScreen(sampleScreen({ restoring: true }), { desk: desk({ order }), memory, pause: now });
    await runner.restore();
    expect(pageOf(runner.state()).name).toBe('pay');
    expect(memory.ids()).toEqual([sampleOrder.id]);
  });

  it('shows why desk refused', async () => {
    const refused = Promise.reject(new Refused({ code: 'machine/busy', facts: {} }));
    const runner = runScreen(sampleScreen({ drink: 'lagoon' }), {
      desk: desk({ place: () => refused }),
      memory: orderMemory(storage()),
      pause: now,
    });
    runner.send({ type: 'drink-ordered', id: sampleOrder.id });
    await refused.catch(now);
    await now();
    expect(runner.state().refusal?.code).toBe('machine/busy');
  });
});
