import { beforeAll, describe, expect, it } from 'vitest';
import { advance as advanceInvoice } from '#payment/advance-invoice.ts';
import type { Invoice } from '#payment/invoice.ts';
import { instant, satoshi } from '#shared/units.ts';
import { advance, isCancellable, maxReissues } from './advance-order.ts';
import { openCase } from './open-case.ts';
import { isClosed, isStarting, isVoid, type Order, type OrderEvent } from './order.ts';
import { isMoneyLost, owed, received } from './order-money.ts';
import { encodeOrder } from './order-record.ts';
import { pending, resume } from './pending.ts';
import { batch, cti, emptyBatch, output, purchase, sampleInvoice, sampleOrder, start } from './testing/sample-order.ts';

const soon = instant(start + 60_000);
const tooLate = instant(start + 20 * 60_000);
const problem = { code: 'recipe/unknown', facts: {} } as const;

const looks = [
  [],
  [output(1, 400, 0)],
  [output(1, 400, 1)],
  [output(2, 1000, 0)],
  [output(2, 1000, 1)],
  [output(2, 1000, 1), output(1, 400, 1)],
];

/** Every look that the chain may answer next, in time and late; time does not go back. */
function looksAt({ invoice }: Order): OrderEvent[] {
  if (invoice === null) return [];
  const times = invoice.lookedAt === tooLate ? [tooLate] : [soon, tooLate];
  return times.flatMap((at) =>
    looks.map((outputs) => ({
      type: 'invoice' as const,
      invoice: advanceInvoice(invoice, { type: 'looked', at, outputs }).invoice,
      at,
    })),
  );
}

/** What the cell may tell of the licence that the order has now, and of the one before. */
function endings({ licence }: Order): OrderEvent[] {
  if (licence === null) return [];
  const now = licence.cti;
  const stale = cti(0);
  return [
    { type: 'ended', batch: batch(now), usage: `usage ${now}`, at: soon },
    { type: 'ended', batch: batch(now, { result: 'partial', delivered_ul: 9 }), usage: `part ${now}`, at: soon },
    { type: 'ended', batch: batch(now, { result: 'failed', delivered_ul: 0 }), usage: `none ${now}`, at: soon },
    { type: 'ended', batch: emptyBatch(now), usage: `claim ${now}`, at: soon },
    { type: 'ended', batch: emptyBatch(stale), usage: `claim ${stale}`, at: soon },
  ];
}

/** Every event that may happen to an order as it stands. */
function possible(order: Order): OrderEvent[] {
  const next = order.claims + 1;
  const due = owed(order);
  const refunds: OrderEvent[] =
    due > 0n ? [{ type: 'refunded', voucher: 'AAAA', amount: due, worth: satoshi(order.refunded + due) }] : [];
  const failures = ['invoice', 'buy', 'check', 'pour', 'book', 'refund'] as const;
  return [
    { type: 'invoiced', invoice: sampleInvoice(), uri: 'bitcoin:', at: start },
    ...looksAt(order),
    { type: 'released', at: soon },
    { type: 'licensed', purchase: purchase(next), at: soon },
    { type: 'checked' },
    { type: 'start', at: soon },
    { type: 'not_started', problem: null, recheck: true },
    { type: 'not_started', problem, recheck: false },
    { type: 'burned', at: soon },
    { type: 'percent', percent: 40, at: soon },
    { type: 'percent', percent: 20, at: soon },
    ...endings(order),
    { type: 'booked' },
    { type: 'claim_refused', at: soon },
    ...failures.map((by) => ({ type: 'failed', by, problem, at: soon }) as const),
    { type: 'hint', problem },
    { type: 'hint', problem: null },
    ...refunds,
    { type: 'cancel', at: soon },
    { type: 'stepped_back', at: soon },
  ];
}

function paidInvoice(): Invoice {
  return advanceInvoice(sampleInvoice(), { type: 'looked', at: soon, outputs: [output(2, 1000, 1)] }).invoice;
}

interface Transition {
  readonly before: Order;
  readonly event: OrderEvent;
  readonly after: Order;
  readonly effects: readonly string[];
}

/** Every transition from `first` on, whatever the order of events, up to `depth` of them; each state is left once. */
function explore(first: Order, depth: number): Transition[] {
  const seen = new Set([encodeOrder(first)]);
  const transitions: Transition[] = [];
  let edge = [first];
  for (let step = 0; step < depth && edge.length > 0; step += 1) {
    const found: Order[] = [];
    for (const before of edge) {
      for (const event of possible(before)) {
        const { order: after, effects } = advance(before, event);
        transitions.push({ before, event, after, effects });
        if (after === before) continue;
        const text = encodeOrder(after);
        if (!seen.has(text)) found.push(after);
        seen.add(text);
      }
    }
    edge = found;
  }
  return transitions;
}

const bitcoin = sampleOrder();
const voucher = advance(sampleOrder({ rail: 'voucher', voucherPaid: satoshi(1000) }), { type: 'released', at: start });
const free = advance(sampleOrder({ rail: 'free', price: satoshi(0) }), { type: 'released', at: start });
const same = (a: Order, b: Order): boolean => a === b || encodeOrder(a) === encodeOrder(b);
/** Paid on chain, checked and started. */
const begun = [
  { type: 'invoiced', invoice: sampleInvoice(), uri: 'bitcoin:', at: start },
  { type: 'invoice', invoice: paidInvoice(), at: soon },
  { type: 'licensed', purchase: purchase(1), at: soon },
  { type: 'checked' },
] as const satisfies OrderEvent[];
const ready = begun.reduce<Order>((order, event) => advance(order, event).order, bitcoin);
const firsts: [string, Order, number][] = [
  ['to be paid on chain', bitcoin, 6],
  ['paid on chain and checked', ready, 5],
  ['paid by voucher', voucher.order, 20],
  ['that is free', free.order, 20],
];

const stages = ['payment', 'confirming', 'licence', 'place_glass', 'pouring', 'closed'];
const rank = (order: Order): number => (isClosed(order) ? 5 : stages.indexOf(order.stage));

describe.each(firsts)('an order %s, whatever happens in whatever order,', (_name, first, depth) => {
  let transitions: Transition[] = [];
  beforeAll(() => {
    transitions = explore(first, depth);
    expect(transitions.length).toBeGreaterThan(5000);
  });
  const always = (holds: (transition: Transition) => boolean): void => {
    expect(transitions.find((transition) => !holds(transition))).toBeUndefined();
  };

  it('is poured only by a start, and not again before the cell has said that nothing was burned', () => {
    always(({ before, event, after, effects }) => {
      const pours = effects.filter((effect) => effect === 'pour').length;
      const starts = event.type === 'start' && after !== before;
      return pours === (starts ? 1 : 0) && (!starts || (before.stage === 'place_glass' && !isStarting(before)));
    });
  });

  it('owes nothing more than what was received, and nothing twice', () => {
    always(({ before, after }) => {
      if (owed(after) > received(after)) return false;
      return (
        after.refunded === before.refunded || (after.refunded === before.refunded + owed(before) && owed(after) === 0n)
      );
    });
  });

  it('keeps the price of a drink that was poured whole, and of no other', () => {
    always(({ after }) => {
      if (!isClosed(after)) return true;
      const price = after.stage === 'done' ? after.price : 0n;
      const kept = received(after) - owed(after) - after.refunded;
      // less only where the chain has lost what was given back or poured for: a person sees it
      return kept < price ? openCase(after, soon) !== null : kept === price;
    });
  });

  it('calls for a refund as long as one is owed, after a restart too', () => {
    always(({ after }) => resume(after).includes('refund') === owed(after) > 0n);
  });

  it('moves only forward, but for a licence that is void, a start that did not happen and a step back', () => {
    always(({ before, event, after }) => {
      if (rank(after) >= rank(before)) return true;
      if (event.type === 'invoice') return before.stage === 'confirming' && after.stage === 'payment';
      if (event.type === 'ended') return event.batch.void_claim;
      return event.type === 'not_started' || event.type === 'stepped_back';
    });
  });

  it('never leaves its end', () => {
    always(({ before, after }) => !isClosed(before) || after.stage === before.stage);
  });

  it('asks for a void licence again only so often', () => {
    always(({ after }) => after.claims <= maxReissues || (after.claims === maxReissues + 1 && isClosed(after)));
  });

  it('shows progress that does not fall while it is poured', () => {
    always(({ before, after }) => {
      if (after.stage === 'licence') return after.percent === 0;
      return before.stage !== 'pouring' || after.stage !== 'pouring' || after.percent >= before.percent;
    });
  });

  it('can be cancelled until start is touched, and not afterwards', () => {
    always(({ before, event, after }) => {
      if (event.type !== 'cancel') return true;
      if (isStarting(before) || before.stage === 'pouring') return after === before;
      return (after.stage === 'cancelled') === (isCancellable(before) || before.stage === 'cancelled');
    });
  });

  it('is not started while the chain has lost its payment', () => {
    always(({ before, event, after }) => event.type !== 'start' || !isMoneyLost(before) || after === before);
  });

  it('gives back the use of a licence that it will not need, once', () => {
    always(({ before, event, after, effects }) => {
      const left = isClosed(after) && after.licence !== null && event.type !== 'ended' && !isVoid(after);
      return effects.includes('release') === (left && (!isClosed(before) || before.licence === null));
    });
  });

  it('always calls for what comes next, or waits for somebody', () => {
    always(({ after }) => after.stage !== 'licence' || pending(after).length > 0);
  });

  it('changes nothing by an event that comes twice', () => {
    const once = [
      'invoiced',
      'invoice',
      'licensed',
      'checked',
      'burned',
      'percent',
      'booked',
      'cancel',
      'ended',
      'failed',
    ];
    always(({ event, after }) => !once.includes(event.type) || same(advance(after, event).order, after));
  });
});

describe('an order', () => {
  const place = (changes: Partial<Order> = {}): Order =>
    sampleOrder({
      rail: 'voucher',
      voucherPaid: satoshi(1000),
      stage: 'place_glass',
      licence: purchase(1),
      ...changes,
    });
  const run = (order: Order, ...events: OrderEvent[]): Order =>
    events.reduce((one, event) => advance(one, event).order, order);
  const look = (order: Order, at: typeof soon, ...outputs: ReturnType<typeof output>[]): Order => {
    if (order.invoice === null) throw new Error('no invoice');
    const { invoice } = advanceInvoice(order.invoice, { type: 'looked', at, outputs });
    return advance(order, { type: 'invoice', invoice, at }).order;
  };
  const shown = run(bitcoin, { type: 'invoiced', invoice: sampleInvoice(), uri: 'bitcoin:', at: start });

  it('can be started again after a void licence was issued again', () => {
    const voided = run(
      place(),
      { type: 'start', at: soon },
      { type: 'burned', at: soon },
      { type: 'ended', batch: emptyBatch(cti(1)), usage: 'claim', at: soon },
    );
    expect(pending(voided)).toEqual(['book']);
    const again = run(
      voided,
      { type: 'booked' },
      { type: 'licensed', purchase: purchase(2), at: soon },
      { type: 'checked' },
    );
    expect(again.stage).toBe('place_glass');
    expect(advance(again, { type: 'start', at: soon }).effects).toContain('pour');
  });

  it('claims again when desk stopped between the answer to its claim and the licence', () => {
    const voided = run(
      place(),
      { type: 'start', at: soon },
      { type: 'ended', batch: emptyBatch(cti(1)), usage: 'claim', at: soon },
    );
    expect(resume(run(voided, { type: 'booked' }))).toEqual(['book']);
  });

  it('is not given up while the cell may be pouring it, whatever hint it shows', () => {
    const lost = run(
      place(),
      { type: 'start', at: soon },
      { type: 'hint', problem: { code: 'machine/cell-unreachable', facts: {} } },
    );
    expect(run(lost, { type: 'cancel', at: soon })).toBe(lost);
    expect(run(lost, { type: 'start', at: soon })).toBe(lost);
    expect(resume(lost)).toContain('settle');
  });

  it('that was cancelled before its payment confirmed owes it when it has', () => {
    const seen = look(shown, soon, output(2, 1000, 0));
    const cancelled = run(seen, { type: 'cancel', at: soon });
    expect(owed(cancelled)).toBe(0n);
    const confirmed = look(cancelled, tooLate, output(2, 1000, 1));
    expect(confirmed.stage).toBe('cancelled');
    expect(owed(confirmed)).toBe(1000n);
  });

  it('that was cancelled before anybody paid owes what comes late', () => {
    const cancelled = run(shown, { type: 'cancel', at: soon });
    expect(owed(look(cancelled, tooLate, output(1, 400, 1)))).toBe(400n);
  });

  it('takes an invoice as out of time when the first look afterwards finds late money', () => {
    const late = look(shown, tooLate, output(2, 1000, 1));
    expect(late).toMatchObject({ stage: 'expired', problem: { code: 'payment/late' } });
    expect(owed(late)).toBe(1000n);
  });

  it('does not raise an alarm by giving back the price of a drink that failed', () => {
    const paid = look(shown, soon, output(2, 1000, 1));
    const failed = run(paid, { type: 'failed', by: 'buy', problem, at: soon });
    const back = run(failed, { type: 'refunded', voucher: 'AAAA', amount: owed(failed), worth: satoshi(1000) });
    expect(look(back, tooLate, output(2, 1000, 2)).invoice?.state).toBe('settled');
    expect(openCase(back, soon)).toBeNull();
  });

  it('whose payment the chain loses waits for it, and is an open case once it is poured', () => {
    const paid = look(shown, soon, output(2, 1000, 1));
    const ready = run(paid, { type: 'licensed', purchase: purchase(1), at: soon }, { type: 'checked' });
    const lost = look(ready, soon);
    expect(lost.problem?.code).toBe('payment/reorganised');
    expect(run(lost, { type: 'start', at: soon })).toBe(lost);
    expect(look(lost, soon, output(2, 1000, 1)).problem).toBeNull();
    const poured = run(ready, { type: 'start', at: soon }, { type: 'burned', at: soon });
    expect(openCase(look(poured, soon), soon)?.problem.code).toBe('payment/reorganised');
  });

  it('goes to the end of the queue when it steps back', () => {
    expect(run(place({ queuedAt: start }), { type: 'stepped_back', at: soon })).toMatchObject({
      stage: 'licence',
      queuedAt: soon,
    });
  });

  it('whose licence came after it was cancelled gives the use back', () => {
    const cancelled = run(sampleOrder({ stage: 'licence' }), { type: 'cancel', at: soon });
    expect(advance(cancelled, { type: 'licensed', purchase: purchase(1), at: soon }).effects).toEqual(['release']);
  });

  it('that was poured after it was given up is booked, and an open case', () => {
    const cancelled = run(place(), { type: 'cancel', at: soon });
    const poured = run(cancelled, { type: 'ended', batch: batch(cti(1)), usage: 'usage', at: soon });
    expect(poured.stage).toBe('cancelled');
    expect(pending(poured)).toContain('book');
    expect(openCase(poured, soon)?.problem.code).toBe('order/broken');
  });

  it.each(['invoice', 'buy', 'check'] as const)(
    'gives the money back when %s breaks, and is an open case',
    (effect) => {
      const stage = effect === 'invoice' ? 'payment' : 'licence';
      const licence = effect === 'check' ? purchase(1) : null;
      const order = sampleOrder({
        stage,
        licence,
        ...(effect === 'invoice' ? {} : { rail: 'voucher', voucherPaid: satoshi(1000) }),
      });
      const broken = run(order, { type: 'broke', effect, at: soon });
      expect(broken).toMatchObject({ stage: 'failed', problem: { code: 'order/broken', facts: { number: '1' } } });
      expect(openCase(broken, soon)).not.toBeNull();
    },
  );

  it('waits for the word of the cell when a start breaks', () => {
    const starting = run(place(), { type: 'start', at: soon });
    const broken = run(starting, { type: 'broke', effect: 'pour', at: soon });
    expect(broken.stage).toBe('place_glass');
    expect(owed(broken)).toBe(0n);
    const done = run(broken, { type: 'ended', batch: batch(cti(1)), usage: 'usage', at: soon });
    expect(done.stage).toBe('done');
  });

  it('is an open case when it is poured for half an hour', () => {
    const pouring = run(place(), { type: 'start', at: start }, { type: 'burned', at: start });
    expect(openCase(pouring, soon)).toBeNull();
    expect(openCase(pouring, instant(start + 31 * 60_000))?.problem.code).toBe('machine/cell-unreachable');
  });
});
