import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PublishedEnd } from '#cell/published-end.ts';
import type { SourceStep } from '#recipes/source.ts';
import { type Cast, cast, secretConfig } from './support/cast.ts';
import { at, poured, type Story, stopped, tapeOf, toldApart } from './support/stories.ts';

let people: Cast;
beforeAll(async () => {
  people = await cast();
});

type Pair = readonly [readonly SourceStep[], readonly SourceStep[]];

const swapped = (drink: (cola: number, milk: number) => readonly SourceStep[]): Pair => [drink(30, 40), drink(40, 30)];

/** The pumps of cola and milk pour 20 and 5 ml/s: which of the two is more decides how long a drink takes. */
const pairs: readonly (readonly [string, Pair])[] = [
  ['in one piece', swapped((cola, milk) => [{ pour: { cola, milk, vodka: 30 }, timing: 'one_after_other' }])],
  [
    'in several pieces',
    swapped((cola, milk) => [
      { pour: { milk }, timing: 'machine' },
      { pause_s: 1 },
      { pour: { cola }, timing: 'together' },
      { pour: { vodka: 30 }, timing: 'same_end' },
    ]),
  ],
  [
    'of which one has a piece more',
    [
      [
        { pour: { cola: 30 }, timing: 'machine' },
        { pour: { milk: 40 }, timing: 'machine' },
      ],
      [
        { pour: { cola: 25 }, timing: 'machine' },
        { pour: { milk: 23 }, timing: 'machine' },
        { pour: { milk: 22 }, timing: 'machine' },
      ],
    ],
  ],
];

describe.each(pairs)('two drinks of which only amounts differ, %s', (_, pair) => {
  const apart = (story: Story, config = secretConfig()): Promise<string[]> => toldApart(people, pair, story, config);

  it('are told apart by nothing that anybody ever gets', async () => {
    expect(await apart(poured())).toEqual([]);
  });

  // after 14.3 s one of the first two has flowed in full, and the other has not
  it.each([2600, 14_300])('nor when both are stopped after %i ms', async (moment) => {
    expect(await apart(at(moment, stopped))).toEqual([]);
  });

  it('nor when the glass is taken away and put back', async () => {
    const story = poured(async ({ dispenser }, _order, now) => {
      if (now === 2600) dispenser.touch({ glass: 'open' });
      if (now === 5200) dispenser.touch({ glass: 'made' });
    });
    expect(await apart(story)).toEqual([]);
  });

  // the second time one of the two has flowed in full, and the other has not
  it.each([2600, 14_300])('nor when it is put on hold after %i ms, and resumed', async (moment) => {
    const story = poured(async ({ clock, link }, order, now) => {
      if (now === moment) await clock.until(link.ask('hold', { order }));
      if (now === moment + 2600) await clock.until(link.ask('resume', { order }));
    });
    expect(await apart(story)).toEqual([]);
  });

  it('nor when the glass stays away', async () => {
    expect(await apart(at(2600, ({ dispenser }) => dispenser.touch({ glass: 'open' })))).toEqual([]);
  });
});

describe('two drinks in one piece of which only amounts differ', () => {
  const [, pair] = pairs[0] ?? ['', [[], []] as Pair];
  const apart = (story: Story, config = secretConfig()): Promise<string[]> => toldApart(people, pair, story, config);

  it('are not told apart when the cable to the pumps is cut', async () => {
    const story: Story = async (world) => {
      world.dispenser.inject({ t: 'link-lost', after_ms: 3000 });
      await poured()(world);
    };
    expect(await apart(story)).toEqual([]);
  });

  it('are not when another is bought meanwhile', async () => {
    expect(await apart(at(5200, async (world) => void (await world.bought())))).toEqual([]);
  });

  it('are not when the stock is set meanwhile to what either might just need', async () => {
    const story = poured(async (world, _order, now) => {
      await world.ask('stock_set', { line: (now / 1300) % 2 === 0 ? 1 : 2, stock_ul: 28_000 + now, who: 'Mallory' });
    });
    expect(await apart(story)).toEqual([]);
  });

  it('are not when so little is left that neither is sold', async () => {
    const story: Story = async (world) => {
      for (let ml = 30; ml <= 60; ml += 1) {
        await world.ask('stock_set', { line: 1, stock_ul: ml * 1000, who: 'Mallory' });
        await world.ask('stock_set', { line: 2, stock_ul: ml * 1000, who: 'Mallory' });
        await world.clock.advance(100);
      }
    };
    expect(await apart(story)).toEqual([]);
  });
});

describe('what is seen at the machine itself', () => {
  it('is not hidden: who lifts the glass when it is full is told so', async () => {
    const [, pair] = pairs[0] ?? ['', [[], []] as Pair];
    const story = at(14_300, ({ dispenser }) => dispenser.touch({ glass: 'open' }));
    expect(await toldApart(people, pair, story)).not.toEqual([]);
  });
});

describe('this comparison', () => {
  const [, pair] = pairs[0] ?? ['', [[], []] as Pair];
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('finds it when drinks end as soon as they are poured', async () => {
    vi.spyOn(PublishedEnd.prototype, 'near').mockResolvedValue();
    const apart = await toldApart(people, pair, poured());
    expect(apart.map((line) => line.split(',')[0])).toEqual(
      expect.arrayContaining(['cell socket', 'technician socket', 'marketplace', 'screen', 'log', 'desk database']),
    );
  });

  it('finds it when only the half seconds are left out', async () => {
    vi.spyOn(PublishedEnd.prototype, 'near').mockResolvedValue();
    vi.spyOn(PublishedEnd.prototype, 'tick').mockResolvedValue();
    expect(await toldApart(people, pair, poured())).not.toEqual([]);
  });

  it('finds totals that are told while a drink is poured', async () => {
    const story = poured(async ({ parts, dispenser }) => {
      const total_ul = Math.round(dispenser.weigh().reduce((sum, ul) => sum + ul, 0));
      parts.log.info('poured so far', { total_ul });
    });
    const apart = await toldApart(people, pair, story);
    expect(apart.map((line) => line.split(',')[0])).toEqual(['log']);
  });

  it('finds totals of drinks that were stopped', async () => {
    const fractions = [0.5, 0.61];
    const apart = [];
    for (const steps of pair) {
      vi.spyOn(PublishedEnd.prototype, 'fraction', 'get').mockReturnValue(fractions.shift() ?? 0);
      apart.push((await tapeOf(people, steps, at(5200, stopped))).lines('desk database').join());
      vi.restoreAllMocks();
    }
    expect(apart[0]).not.toBe(apart[1]);
  });

  it('is of tapes that have something of every sink, and no two runs of one drink differ', async () => {
    const [steps] = pair;
    const tape = await tapeOf(people, steps, poured());
    for (const sink of [
      'cell socket',
      'technician socket',
      'marketplace',
      'broker',
      'screen',
      'log',
      'command line',
    ] as const) {
      expect(tape.lines(sink).length, sink).toBeGreaterThan(0);
    }
    expect(tape.lines('cell disk').join()).toContain('SPENT');
    expect(tape.lines('desk database').join()).toContain('c0ffee00');
    expect(await toldApart(people, [steps, steps], poured())).toEqual([]);
  });
});
