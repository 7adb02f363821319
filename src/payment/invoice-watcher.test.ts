import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '#shared/log.ts';
import { satoshi } from '#shared/units.ts';
import { ScriptedEsplora } from '#tests/support/scripted-esplora.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import { advance } from './advance-invoice.ts';
import { esplora } from './esplora.ts';
import { createInvoice, type Invoice, type InvoiceEffect, type InvoiceEvent, usualPolicy } from './invoice.ts';
import { InvoiceWatcher, usualIntervals } from './invoice-watcher.ts';

const watched = {
  address: 'rb1qqurswpc8qurswpc8qurswpc8qurswpc8cfe4l2',
  script: '00140707070707070707070707070707070707070707',
};

describe('an invoice watcher', () => {
  let clock: SteppedClock;
  let server: ScriptedEsplora;
  let watcher: InvoiceWatcher;
  let invoice: Invoice;
  let effects: InvoiceEffect[];

  beforeEach(async () => {
    clock = new SteppedClock();
    server = new ScriptedEsplora(() => clock.now());
    effects = [];
    invoice = createInvoice({ id: 'a', ...watched, amount: satoshi(1000), now: clock.now(), policy: usualPolicy });
    const source = esplora({ base: 'http://chain.test', network: server.network, fetch: server.fetch, clock });
    const shelf = {
      watched: async () => [invoice],
      apply: async (_: string, event: InvoiceEvent) => {
        const step = advance(invoice, event);
        invoice = step.invoice;
        effects.push(...step.effects);
      },
    };
    watcher = new InvoiceWatcher({ source, shelf, clock, log: silentLog, ...usualIntervals });
    await clock.advance(0);
  });
  afterEach(() => watcher[Symbol.asyncDispose]());

  it('reports payment and block as they come', async () => {
    expect(invoice.state).toBe('new');
    server.pay({ script: watched.script, value: 1000 });
    await clock.advance(usualIntervals.interval);
    expect(invoice.state).toBe('seen');
    server.mine();
    await clock.advance(usualIntervals.interval);
    expect(invoice.state).toBe('settled');
    expect(effects).toContainEqual({ type: 'release' });
  });

  it('reports unknown while the server is away, expires nothing, and goes on when it is back', async () => {
    server.lie = () => 503;
    await clock.advance(usualIntervals.interval);
    expect(watcher.reachable).toBe(false);
    expect(invoice.unknownSince).not.toBeNull();
    await clock.advance(3_600_000);
    expect(invoice.state).toBe('new');

    server.lie = () => null;
    await clock.advance(usualIntervals.interval);
    expect(watcher.reachable).toBe(true);
    expect(invoice).toMatchObject({ state: 'expired', unknownSince: null });
  });

  it('looks at once when poked', async () => {
    server.pay({ script: watched.script, value: 1000 });
    watcher.poke();
    await clock.advance(0);
    expect(invoice.state).toBe('seen');
  });

  it('looks at a settled invoice once a minute only', async () => {
    server.pay({ script: watched.script, value: 1000 });
    server.mine();
    await clock.advance(usualIntervals.interval);
    expect(invoice.state).toBe('settled');
    const asked = server.asked.length;
    await clock.advance(59_000);
    expect(server.asked).toHaveLength(asked);
    await clock.advance(2_000);
    expect(server.asked.length).toBeGreaterThan(asked);
  });

  it('stops asking when it is disposed', async () => {
    await watcher[Symbol.asyncDispose]();
    const asked = server.asked.length;
    await clock.advance(3_600_000);
    expect(server.asked).toHaveLength(asked);
  });
});
