import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '#shared/log.ts';
import { milliseconds, satoshi } from '#shared/units.ts';
import { ManualClock } from '#tests/support/manual-clock.ts';
import { ScriptedEsplora } from '#tests/support/scripted-esplora.ts';
import { advance } from './advance-invoice.ts';
import { esplora } from './esplora.ts';
import { createInvoice, type Invoice, type InvoiceEffect, usualPolicy } from './invoice.ts';
import { InvoiceWatcher, usualIntervals } from './invoice-watcher.ts';

const watched = {
  address: 'rb1qqurswpc8qurswpc8qurswpc8qurswpc8cfe4l2',
  script: '00140707070707070707070707070707070707070707',
};

describe('an invoice watcher', () => {
  let clock: ManualClock;
  let server: ScriptedEsplora;
  let watcher: InvoiceWatcher;
  let invoice: Invoice;
  let effects: InvoiceEffect[];
  let rounds: number;
  /** Resolves at the next report. */
  let reported: PromiseWithResolvers<void>;

  beforeEach(() => {
    clock = new ManualClock();
    server = new ScriptedEsplora(() => clock.now());
    effects = [];
    rounds = 0;
    reported = Promise.withResolvers();
    invoice = createInvoice({ id: 'a', ...watched, amount: satoshi(1000), now: clock.now(), policy: usualPolicy });
    const source = esplora({ base: 'http://chain.test', network: server.network, fetch: server.fetch, clock });
    const shelf = {
      watched: async () => {
        rounds += 1;
        return [invoice];
      },
      apply: async (_: string, event: Parameters<typeof advance>[1]) => {
        const step = advance(invoice, event);
        invoice = step.invoice;
        effects.push(...step.effects);
        reported.resolve();
        reported = Promise.withResolvers();
      },
    };
    watcher = new InvoiceWatcher({ source, shelf, clock, log: silentLog, ...usualIntervals });
  });
  afterEach(() => watcher[Symbol.asyncDispose]());

  /** Lets the interval pass and waits for the report of the look that follows. */
  const nextLook = async (after: number = usualIntervals.interval): Promise<void> => {
    const report = reported.promise;
    while (clock.waiting === 0) await Promise.resolve();
    clock.advance(after);
    await report;
  };

  it('reports payment and block as they come', async () => {
    await reported.promise;
    expect(invoice.state).toBe('new');
    server.pay({ script: watched.script, value: 1000 });
    await nextLook();
    expect(invoice.state).toBe('seen');
    server.mine();
    await nextLook();
    expect(invoice.state).toBe('settled');
    expect(effects).toContainEqual({ type: 'release' });
  });

  it('reports unknown while the server is away, expires nothing, and goes on when it is back', async () => {
    await reported.promise;
    server.lie = () => 503;
    await nextLook();
    expect(watcher.reachable).toBe(false);
    expect(invoice.unknownSince).not.toBeNull();
    await nextLook(milliseconds(3_600_000));
    expect(invoice.state).toBe('new');

    server.lie = () => null;
    await nextLook();
    expect(watcher.reachable).toBe(true);
    expect(invoice).toMatchObject({ state: 'expired', unknownSince: null });
  });

  it('looks at once when poked', async () => {
    await reported.promise;
    const report = reported.promise;
    watcher.poke();
    await report;
    expect(clock.monotonic()).toBe(0);
  });

  it('looks at a settled invoice once a minute only', async () => {
    await reported.promise;
    server.pay({ script: watched.script, value: 1000 });
    server.mine();
    await nextLook();
    expect(invoice.state).toBe('settled');
    const asked = server.asked.length;
    const before = rounds;
    while (clock.waiting === 0) await Promise.resolve();
    clock.advance(57_000);
    while (rounds === before || clock.waiting === 0) await Promise.resolve();
    expect(server.asked).toHaveLength(asked);
    await nextLook(3_000);
    expect(server.asked.length).toBeGreaterThan(asked);
  });
});
