import type { ReceiptDocument } from '#desk/screen/receipt-document.ts';
import type { World } from '../world.ts';

const bottle = 5_000_000;

/**
 * One drink for each seed of the pumps' noise, each by a cell that was started with that seed. The drinks take turns, the
 * bottles are replaced before they run out.
 */
export async function poursBySeed(world: World, seeds: readonly number[]): Promise<ReceiptDocument[]> {
  const customer = await world.customer();
  const { drinks } = await customer.menu(() => true);
  const makeable = drinks.filter(({ why_not }) => why_not.length === 0).map(({ slug }) => slug);
  const receipts: ReceiptDocument[] = [];
  for (const [i, seed] of seeds.entries()) {
    await world.configure((config) => {
      if (config.simulation !== undefined) config.simulation.seed = seed;
    });
    await world.demo.processes.cell.start();
    if (i % 10 === 9) for (const { line } of (await world.status()).lines) await world.setStock(line, bottle);
    const slug = makeable[i % makeable.length] ?? '';
    await customer.menu(
      (menu) => menu.works.cell && menu.drinks.some((one) => one.slug === slug && one.why_not.length === 0),
    );
    receipts.push(await customer.buy(slug));
  }
  return receipts;
}

/** How far a drink may be from what was ordered: 2 ml, or 1 % of a large one. */
export function tolerance({ ordered_ul }: Pick<ReceiptDocument, 'ordered_ul'>): number {
  return Math.max(2000, ordered_ul / 100);
}
