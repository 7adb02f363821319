import { access, mkdir, rename, watch, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DemoCustomer } from '#cli/demo/demo-customer.ts';
import { withFreePorts } from '#cli/demo/demo-ports.ts';
import { startDemo } from '#cli/demo/demo.ts';

/**
 * The state folder of a demonstration that was started once: provisioned, recipes in the spool, prekeys booked, nothing
 * ordered. The first test file of a run that asks makes it, the others wait for it. It is to be copied, not used.
 */
export async function provisionedState(runFolder: string): Promise<string> {
  const state = join(runFolder, 'state');
  if (await exists(state)) return state;
  const turn = join(runFolder, 'making');
  try {
    await mkdir(turn);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await untilMade(runFolder, state);
    return state;
  }
  try {
    await make(join(turn, 'state'));
    await rename(join(turn, 'state'), state);
  } catch (error) {
    await writeFile(join(runFolder, 'failed'), String(error));
    throw error;
  }
  return state;
}

async function make(state: string): Promise<void> {
  const ports = await withFreePorts({ touchscreen: 0, wallet: 0, esplora: 0, marketplace: 0, broker: 0 });
  const options = { state, ports, seed: 1, speed: 40, noise: true, alcohol: true, say: () => {} };
  await using demo = await startDemo(options);
  await using customer = await DemoCustomer.arrive(demo);
  await customer.menu(({ drinks }) => drinks.length === 16 && drinks.some(({ why_not }) => why_not.length === 0));
}

async function untilMade(runFolder: string, state: string): Promise<void> {
  const stop = new AbortController();
  // watched before it is looked at, so that nothing is missed between
  const changes = watch(runFolder, { signal: stop.signal });
  try {
    if (await exists(state)) return;
    for await (const _change of changes) {
      if (await exists(join(runFolder, 'failed'))) throw new Error('another test file could not provision the state');
      if (await exists(state)) return;
    }
  } finally {
    stop.abort();
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
