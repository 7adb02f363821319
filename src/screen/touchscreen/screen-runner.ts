import { unreachable } from '#shared/failure.ts';
import type { OrderView } from '#wire/screen-api.ts';
import { type DeskClient, Refused } from './desk/desk-client.ts';
import type { OrderMemory } from './desk/order-memory.ts';
import { advance } from './state/advance.ts';
import type { Asked, ScreenEffect, ScreenEvent, ScreenState } from './state/screen-state.ts';

/** What the running screen stands on. */
export interface ScreenPorts {
  readonly desk: DeskClient;
  readonly memory: OrderMemory;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/** The running screen: a state that changes by events. */
export interface ScreenRunner {
  state(): ScreenState;
  send(event: ScreenEvent): void;
  subscribe(changed: (state: ScreenState) => void): void;
  /** Takes an order that desk pushed; newer than any answer still on its way. */
  pushed(order: OrderView): void;
  /** Asks desk for the order remembered from before a reload. */
  restore(): Promise<void>;
}

/** Runs the screen from `first` on, performing the effects of each event through `ports`. */
export function runScreen(first: ScreenState, ports: ScreenPorts): ScreenRunner {
  let state = first;
  let pushes = 0;
  const listeners: ((state: ScreenState) => void)[] = [];

  const send = (event: ScreenEvent): void => {
    const advanced = advance(state, event);
    state = advanced.state;
    for (const effect of advanced.effects) perform(effect);
    for (const listener of listeners) listener(state);
  };

  // an answer that was overtaken by a push about the same order tells old news
  const answered = async (asked: Asked | null, call: Promise<OrderView>): Promise<void> => {
    const before = pushes;
    try {
      const order = await call;
      if (pushes === before || order.id === state.pending?.id) send({ type: 'order', order });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (asked !== null) send({ type: 'refused', asked, problem: error.problem });
    }
  };

  const perform = (effect: ScreenEffect): void => {
    switch (effect.type) {
      case 'place':
        ports.memory.sending(effect.order.id);
        void answered('place', ports.desk.place(effect.order));
        return;
      case 'ask':
        void answered(effect.asked, ports.desk.ask(effect.id, effect.asked));
        return;
      case 'abandon':
        void ports.desk.ask(effect.id, 'cancel').catch(() => undefined);
        return;
      case 'fetch':
        void answered(null, ports.desk.order(effect.id));
        return;
      case 'remember':
        ports.memory.remember(effect.id);
        return;
      case 'forget':
        ports.memory.forget();
        return;
      default:
        unreachable(effect);
    }
  };

  return {
    state: () => state,
    send,
    subscribe: (changed) => listeners.push(changed),
    pushed: (order) => {
      if (order.id === state.order?.id) pushes += 1;
      send({ type: 'order', order });
    },
    restore: async () => send({ type: 'restored', order: await remembered(ports) }),
  };
}

const askAgainMs = 2_000;

async function remembered(ports: ScreenPorts): Promise<OrderView | null> {
  for (const id of ports.memory.ids()) {
    const order = await knownOrder(ports, id);
    if (order !== null) return order;
  }
  return null;
}

/** The order, or null when desk knows none of this id; asks again for as long as desk does not answer. */
async function knownOrder(ports: ScreenPorts, id: string): Promise<OrderView | null> {
  for (;;) {
    try {
      return await ports.desk.order(id);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.problem.code === 'order/unknown') return null;
    }
    await ports.pause(askAgainMs);
  }
}
