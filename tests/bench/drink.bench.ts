import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemo } from '#cli/demo/demo.ts';
import { DemoCustomer } from '#cli/demo/demo-customer.ts';
import { withFreePorts } from '#cli/demo/demo-ports.ts';
import { quantile, report } from './report.ts';

/** From order to first pump step, through every process: token, marketplace, broker, chain. Also the two kinds of start. */
const drinks = 40;
const starts = 3;

const state = await mkdtemp(join(tmpdir(), 'decant-bench-'));
const options = async () => ({
  state,
  ports: await withFreePorts({ touchscreen: 0, wallet: 0, esplora: 0, marketplace: 0, broker: 0 }),
  seed: 1,
  speed: 100,
  noise: true,
  alcohol: false,
  say: () => {},
});

try {
  const first = performance.now();
  const demo = await startDemo(await options());
  const firstStart = performance.now() - first;
  const timings: Record<'order_to_invoice' | 'paid_to_licence' | 'start_to_first_step', number[]> = {
    order_to_invoice: [],
    paid_to_licence: [],
    start_to_first_step: [],
  };
  let entries = 0;
  {
    await using customer = await DemoCustomer.arrive(demo);
    const menu = await customer.menu(({ drinks: all }) => all.some(({ why_not }) => why_not.length === 0));
    const slug = menu.drinks.find(({ why_not }) => why_not.length === 0)?.slug ?? '';
    let before = 0;
    for (let i = 0; i < drinks; i += 1) {
      const receipt = await customer.buy(slug);
      for (const name of Object.keys(timings) as (keyof typeof timings)[]) timings[name].push(receipt.timings_ms[name]);
      if (i === 0) before = receipt.journal.index;
      entries = receipt.journal.index - before;
    }
  }
  await demo[Symbol.asyncDispose]();

  const later: number[] = [];
  for (let i = 0; i < starts; i += 1) {
    const from = performance.now();
    await using again = await startDemo(await options());
    await fetch(again.touchscreen);
    later.push(performance.now() - from);
  }
  const line = (what: string, samples: number[], q: number, beside = '') => ({
    what: `${what}, p${q * 100}`,
    value: quantile(samples, q),
    unit: 'ms',
    runs: samples.length,
    beside,
  });
  report('a drink, order to first step, all processes on one machine', [
    line('order → invoice', timings.order_to_invoice, 0.5),
    line('paid → licence stored', timings.paid_to_licence, 0.5),
    line('paid → licence stored', timings.paid_to_licence, 0.95),
    line(
      'start → first step (burn, three fsyncs)',
      timings.start_to_first_step,
      0.5,
      '2018 machine: 15 ms, goal ≤ 8 ms',
    ),
    line('start → first step', timings.start_to_first_step, 0.95),
    { what: 'journal entries per drink (one fsync each)', value: entries / (drinks - 1), unit: '', runs: drinks - 1 },
    { what: 'first start: provisioning and sealing 16 drinks', value: firstStart, unit: 'ms', runs: 1 },
    line('later start → first page', later, 0.5, 'goal ≤ 6000 ms with npm'),
  ]);
} finally {
  await rm(state, { recursive: true, force: true });
}
