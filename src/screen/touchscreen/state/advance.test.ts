import { describe, expect, it } from 'vitest';
import type { OrderView } from '#wire/screen-api.ts';
import { advance } from './advance.ts';
import { pageOf } from './page-of.ts';
import { sampleDrink, sampleMenu, sampleOrder, sampleScreen } from './sample-order.ts';
import type { ScreenEvent, ScreenState } from './screen-state.ts';

const otherId = '1c0f9a52-0a6e-4f0b-8a37-5b1f7ad2c9ee';
const order = (by: Partial<OrderView>): OrderView => ({ ...sampleOrder, ...by });
const after = (state: ScreenState, ...events: ScreenEvent[]): ScreenState =>
  events.reduce((now, event) => advance(now, event).state, state);

describe('waking the screen', () => {
  it('happens by the first touch, which chooses nothing', () => {
    const woken = after(sampleScreen({ awake: false, now: 5_000 }), { type: 'woken' });
    expect(pageOf(woken).name).toBe('drinks');
    const doubleTap = after({ ...woken, now: 5_200 }, { type: 'drink-chosen', drink: 'lagoon' });
    expect(pageOf(doubleTap).name).toBe('drinks');
    const secondTouch = after({ ...woken, now: 5_400 }, { type: 'drink-chosen', drink: 'lagoon' });
    expect(pageOf(secondTouch).name).toBe('drink');
  });
});

describe('ordering', () => {
  const looking = sampleScreen({ drink: 'lagoon' });

  it('sends the order once, however often the button is touched', () => {
    const first = advance(looking, { type: 'drink-ordered', id: sampleOrder.id });
    expect(first.effects).toEqual([{ type: 'place', order: { id: sampleOrder.id, drink: 'lagoon', voucher: null } }]);
    expect(advance(first.state, { type: 'drink-ordered', id: otherId }).effects).toEqual([]);
  });

  it('repeats a lost order with the same id', () => {
    const lost = after(
      looking,
      { type: 'drink-ordered', id: sampleOrder.id },
      { type: 'refused', asked: 'place', problem: { code: 'message/timed-out', facts: {} } },
    );
    expect(pageOf(lost).name).toBe('drink');
    const [again] = advance(lost, { type: 'drink-ordered', id: otherId }).effects;
    expect(again).toMatchObject({ type: 'place', order: { id: sampleOrder.id } });
  });

  it('gives up an unanswered order when the customer goes back', () => {
    const sent = after(looking, { type: 'drink-ordered', id: sampleOrder.id });
    const { state, effects } = advance(sent, { type: 'back' });
    expect(pageOf(state).name).toBe('drinks');
    expect(effects).toEqual([{ type: 'abandon', id: sampleOrder.id }, { type: 'forget' }]);
  });

  it('follows the order through every state to its page', () => {
    const pages = {
      payment: 'pay',
      confirming: 'confirming',
      licence: 'licence',
      place_glass: 'glass',
      pouring: 'pouring',
      done: 'receipt',
      partial: 'failure',
      failed: 'failure',
      expired: 'failure',
    } as const;
    let state = after(looking, { type: 'drink-ordered', id: sampleOrder.id });
    for (const [reached, page] of Object.entries(pages)) {
      state = after(state, { type: 'order', order: order({ state: reached as OrderView['state'] }) });
      expect(pageOf(state).name).toBe(page);
    }
  });

  it('stays with a cancelled order until the money that had arrived is given back', () => {
    const invoice = sampleOrder.invoice === null ? null : { ...sampleOrder.invoice, received_sat: 400 };
    const cancelled = after(sampleScreen({ order: order({ invoice }) }), {
      type: 'order',
      order: order({ invoice, state: 'cancelled' }),
    });
    expect(pageOf(cancelled).name).toBe('failure');
  });

  it('keeps the order when the menu changes under it', () => {
    const state = after(sampleScreen({ order: order({ state: 'pouring' }) }), {
      type: 'menu',
      menu: { ...sampleMenu, drinks: [] },
    });
    expect(pageOf(state)).toMatchObject({ name: 'pouring', drink: null });
  });
});

describe('paying by voucher', () => {
  const paying = sampleScreen({ order: sampleOrder, panel: 'voucher' });
  const entered: ScreenEvent = { type: 'voucher-entered', id: otherId, voucher: 'ABC' };

  it('leaves the first order standing when the voucher is refused', () => {
    const asked = after(paying, entered);
    const problem = { code: 'payment/voucher-used', facts: {} };
    const { state, effects } = advance(asked, { type: 'refused', asked: 'place', problem });
    expect(state).toMatchObject({ order: sampleOrder, pending: null, refusal: problem, panel: 'voucher' });
    expect(effects).toEqual([{ type: 'remember', id: sampleOrder.id }]);
  });

  it('gives up the first order only when the second is taken', () => {
    const asked = advance(paying, entered);
    expect(asked.effects).toEqual([{ type: 'place', order: { id: otherId, drink: 'lagoon', voucher: 'ABC' } }]);
    const taken = advance(asked.state, { type: 'order', order: order({ id: otherId, state: 'licence' }) });
    expect(taken.effects).toEqual([
      { type: 'remember', id: otherId },
      { type: 'abandon', id: sampleOrder.id },
    ]);
    expect(pageOf(taken.state).name).toBe('licence');
  });
});

describe('start, stop and cancel', () => {
  it('start once, and again only when told that the glass is missing', () => {
    const ready = sampleScreen({ order: order({ state: 'place_glass' }) });
    const started = advance(ready, { type: 'start' });
    expect(started.effects).toEqual([{ type: 'ask', asked: 'start', id: sampleOrder.id }]);
    expect(advance(started.state, { type: 'start' }).effects).toEqual([]);
    const problem = { code: 'machine/glass-missing', facts: {} };
    const told = after(started.state, { type: 'order', order: order({ state: 'place_glass', problem }) });
    expect(advance(told, { type: 'start' }).effects).toHaveLength(1);
  });

  it('let Stop through whatever else is unanswered', () => {
    const busy = sampleScreen({ order: order({ state: 'pouring' }), asked: 'start' });
    expect(advance(busy, { type: 'stop' }).effects).toEqual([{ type: 'ask', asked: 'stop', id: sampleOrder.id }]);
  });

  it('free the button when no answer came for 15 seconds', () => {
    const asked = after(sampleScreen({ order: order({ state: 'pouring' }) }), { type: 'stop' });
    expect(after(asked, { type: 'tick', now: 15_000 }).asked).toBe('stop');
    expect(after(asked, { type: 'tick', now: 15_001 }).asked).toBeNull();
  });

  it('lead from a cancelled, unpaid order back to the drinks', () => {
    const asked = after(sampleScreen({ order: sampleOrder }), { type: 'cancel' });
    const { state, effects } = advance(asked, { type: 'order', order: order({ state: 'cancelled' }) });
    expect(pageOf(state).name).toBe('drinks');
    expect(effects).toEqual([{ type: 'forget' }]);
  });

  it('show the voucher of a cancelled, paid order', () => {
    const refund = { voucher: 'ABC', amount_sat: 1_000 };
    const asked = after(sampleScreen({ order: order({ state: 'place_glass' }) }), { type: 'cancel' });
    expect(pageOf(after(asked, { type: 'order', order: order({ state: 'cancelled', refund }) })).name).toBe('failure');
  });
});

describe('after a reload', () => {
  const restoring = sampleScreen({ awake: false, restoring: true });

  it('the running order comes back', () => {
    expect(pageOf(restoring).name).toBe('starting');
    const back = after(restoring, { type: 'restored', order: order({ state: 'pouring' }) });
    expect(pageOf(back).name).toBe('pouring');
  });

  it('an order that desk does not know is forgotten', () => {
    const { state, effects } = advance(restoring, { type: 'restored', order: null });
    expect(pageOf(state).name).toBe('attract');
    expect(effects).toEqual([{ type: 'forget' }]);
  });
});

describe('orders left behind by a power cut', () => {
  it('are offered while they are open, and followed when touched', () => {
    const waiting = after(sampleScreen({ awake: false }), { type: 'order', order: order({ state: 'place_glass' }) });
    expect(waiting.waiting.map(({ number }) => number)).toEqual([17]);
    const { state, effects } = advance(waiting, { type: 'resumed', id: sampleOrder.id });
    expect(pageOf(state).name).toBe('glass');
    expect(state.waiting).toEqual([]);
    expect(effects).toEqual([{ type: 'remember', id: sampleOrder.id }]);
  });

  it('are no longer offered when they have ended, and never before they are paid', () => {
    const events = (['payment', 'confirming', 'done'] as const).map(
      (state): ScreenEvent => ({ type: 'order', order: order({ state }) }),
    );
    const counts = events.map((_, index) => after(sampleScreen(), ...events.slice(0, index + 1)).waiting.length);
    expect(counts).toEqual([0, 1, 0]);
  });
});

describe('a voucher for a payment that came late', () => {
  const refund = { voucher: 'ABC', amount_sat: 1_000 };
  const late: ScreenEvent = { type: 'order', order: order({ state: 'expired', refund }) };

  it('is offered though the customer has left, until somebody has noted it', () => {
    const waiting = after(sampleScreen({ awake: false }), late);
    expect(waiting.waiting).toHaveLength(1);
    const shown = after(waiting, { type: 'resumed', id: sampleOrder.id });
    expect(pageOf(shown).name).toBe('failure');
    expect(after(shown, { type: 'left', to: 'attract' }, late).waiting).toEqual([]);
  });
});

describe('a drink on hold', () => {
  const held = { code: 'machine/held', facts: { seconds: '30' } };
  const pouring = order({ state: 'pouring' });
  const onHold = sampleScreen({ order: { ...pouring, problem: held } });

  it('is asked for once, and is answered when it waits', () => {
    const asked = advance(sampleScreen({ order: pouring }), { type: 'hold' });
    expect(asked.effects).toEqual([{ type: 'ask', asked: 'hold', id: sampleOrder.id }]);
    expect(advance(asked.state, { type: 'hold' }).effects).toEqual([]);
    expect(advance(asked.state, { type: 'stop' }).effects).toHaveLength(1);
    expect(after(asked.state, { type: 'order', order: { ...pouring, problem: held } }).asked).toBeNull();
  });

  it('is asked to go on until it does, or something else holds it up', () => {
    const asked = after(onHold, { type: 'resume' });
    expect(after(asked, { type: 'order', order: { ...pouring, problem: held } }).asked).toBe('resume');
    expect(after(asked, { type: 'order', order: pouring }).asked).toBeNull();
  });

  it('keeps the reason why it may not go on in sight until it goes on', () => {
    const problem = { code: 'machine/glass-missing', facts: {} };
    const refused = after(onHold, { type: 'resume' }, { type: 'refused', asked: 'resume', problem });
    expect([refused.asked, refused.refusal]).toEqual([null, problem]);
    expect(after(refused, { type: 'order', order: { ...pouring, problem: held } }).refusal).toEqual(problem);
    expect(after(refused, { type: 'order', order: pouring }).refusal).toBeNull();
  });
});

describe('a lost connection', () => {
  it('asks for the order again when it stands once more', () => {
    const down = after(sampleScreen({ order: sampleOrder }), { type: 'link', up: false });
    expect(down.connected).toBe(false);
    expect(advance(down, { type: 'link', up: true }).effects).toEqual([{ type: 'fetch', id: sampleOrder.id }]);
  });
});

describe('the language', () => {
  it('returns to the first one for the next customer, not for the next drink', () => {
    const german = after(sampleScreen({ order: order({ state: 'done' }) }), { type: 'language', language: 'de' });
    expect(after(german, { type: 'left', to: 'drinks' }).language).toBe('de');
    expect(after(german, { type: 'left', to: 'attract' }).language).toBe('en');
  });
});

describe('the drink page', () => {
  it('falls back to the drinks when its drink leaves the menu', () => {
    const state = sampleScreen({ drink: sampleDrink.slug });
    expect(pageOf(after(state, { type: 'menu', menu: { ...sampleMenu, drinks: [] } })).name).toBe('drinks');
  });
});
