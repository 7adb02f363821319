import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readProvisioned } from '#cell/identity.ts';
import { endToldAfter, publishedTime } from '#cell/published-end.ts';
import { fetchDepositKey, publishSealed } from '#cli/demo/author.ts';
import type { DemoCustomer } from '#cli/demo/demo-customer.ts';
import { nodeHttpsClient } from '#desk/node-https-client.ts';
import { readSampleIngredients, readSamples } from '#recipes/samples.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { World } from '#tests/integration/world.ts';
import { roomyConfig } from '#tests/memory/support/canary-machine.ts';
import type { CanaryPhase } from '#tests/memory/support/canary-phases.ts';
import { type CanaryRecipe, canaryRecipe } from '#tests/memory/support/canary-recipe.ts';
import { canaryValues } from '#tests/memory/support/canary-values.ts';
import type { Searched } from '#tests/memory/support/memory-watch.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import type { MachineConfig } from '#wire/machine-config.ts';

const recipes = systemDisk(fileURLToPath(new URL('../../../recipes', import.meta.url)));

/** How many times faster than a real machine: a piece still takes many seconds. */
const speed = 2;

export type Role = 'cell' | 'desk' | 'marketplace';

/** A whole demonstration that sells one drink more: ours, of which we know every number and both keys. */
export class CanaryWorld implements AsyncDisposable {
  readonly world: World;
  readonly recipe: CanaryRecipe;
  readonly config: MachineConfig;
  readonly #stack: AsyncDisposableStack;

  private constructor(world: World, recipe: CanaryRecipe, config: MachineConfig, stack: AsyncDisposableStack) {
    this.world = world;
    this.recipe = recipe;
    this.config = config;
    this.#stack = stack;
  }

  static async start(phases: readonly CanaryPhase[]): Promise<CanaryWorld> {
    await using stack = new AsyncDisposableStack();
    const world = stack.use(await World.start());
    const { place, processes } = world.demo;
    const author = await sampleAuthor(place.author);
    const { anchors } = await readProvisioned(systemDisk(place.cell));
    const recipe = await canaryRecipe(phases, place, author, anchors);
    stack.use(recipe.sealed);
    await publish(recipe, author, world);
    const config = await roomyConfig(place.config, speed);
    await processes.desk.stop();
    await Promise.all([processes.cell.start(), processes.desk.start()]);
    return new CanaryWorld(world, recipe, config, stack.move());
  }

  /** A process of this world, and all the files of the machine and the marketplace. */
  searched(role: Role): Searched {
    const { processes, place } = this.world.demo;
    return { pid: processes[role].pid ?? 0, recipe: this.recipe, config: this.config, files: [place.root] };
  }

  /** Orders and pays; answers the customer and the order, ready to start. */
  async order(): Promise<{ customer: DemoCustomer; id: string }> {
    const customer = await this.world.customer();
    await customer.menu(({ drinks }) => drinks.some(({ slug, why_not }) => slug === 'canary' && why_not.length === 0));
    const order = await customer.order('canary');
    await customer.pay(order);
    await customer.until(order.id, 'place_glass');
    return { customer, id: order.id };
  }

  /** Begins the drink, and has the cell stand still in the middle of that piece, as far as the time that has gone tells. */
  async standStillIn(piece: number, customer: DemoCustomer, id: string): Promise<void> {
    const lengthUs = (one: number): number => {
      const values = canaryValues(this.recipe.phases, this.config);
      return Math.max(...values.filter((each) => each.piece === one && each.what === 'stop').map(({ value }) => value));
    };
    const before = Array.from({ length: piece - 1 }, (_, i) => lengthUs(i + 1)).reduce((sum, us) => sum + us, 0);
    const middleMs = (before + lengthUs(piece) / 2) / 1000;
    const middle = (100 * middleMs) / endToldAfter(publishedTime(this.recipe.sealed.manifest, this.config));
    await this.world.startDrink(customer, id);
    await customer.when(id, ({ percent }) => percent >= middle);
    process.kill(this.world.demo.processes.cell.pid ?? 0, 'SIGSTOP');
  }

  /** Lets the cell go on. */
  go(): void {
    process.kill(this.world.demo.processes.cell.pid ?? 0, 'SIGCONT');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** The author of the demonstration's drinks, as their folder has them. */
async function sampleAuthor(folder: string): Promise<{ name: string; signer: Signer }> {
  const key = createPrivateKey(await readFile(join(folder, 'author-key.pem')));
  const certificate = new Uint8Array(await readFile(join(folder, 'certificate.der')));
  const signer: Signer = {
    algorithm: 'ES256',
    chain: [certificate],
    sign: (message) => Promise.resolve(new Uint8Array(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }))),
  };
  return { name: 'Decant sample bar', signer };
}

async function publish(
  { sealed, source }: CanaryRecipe,
  author: Awaited<ReturnType<typeof sampleAuthor>>,
  { demo }: World,
) {
  const { url, ca } = demo.marketplace;
  const https = nodeHttpsClient(url, ca);
  try {
    const depositKey = await fetchDepositKey(https, new Uint8Array(new X509Certificate(ca).raw));
    const [sample] = await readSamples(recipes);
    if (sample === undefined) throw new Error('there are no samples');
    const ingredients = await readSampleIngredients(recipes);
    await publishSealed(sealed, { ...sample, source }, { ingredients, depositKey }, { author, https });
  } finally {
    https.close();
  }
}
