import type { SourceStep } from '#recipes/source.ts';
import { isFailure } from '#shared/failure.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { type Cast, secretConfig } from './cast.ts';
import { differences, type Tape } from './tape.ts';
import { WholeMachine } from './whole-machine.ts';

/** What happens to a machine from its start on. */
export type Story = (world: WholeMachine) => Promise<void>;

/** Something that happens while a drink is under way, `at` ms after its start. */
export type Meanwhile = (world: WholeMachine, order: string, at: number) => Promise<void>;

/** All that anybody ever gets of a story with this recipe. */
export async function tapeOf(
  people: Cast,
  steps: readonly SourceStep[],
  story: Story,
  config: MachineConfig = secretConfig(),
  marketplace: 'paper' | 'real' = 'paper',
): Promise<Tape> {
  const world = await WholeMachine.start(people, await people.seal(steps), config, marketplace);
  await story(world);
  return world.end();
}

/** What tells one recipe from another in the same story. */
export async function toldApart(
  people: Cast,
  [one, other]: readonly [readonly SourceStep[], readonly SourceStep[]],
  story: Story,
  config: MachineConfig = secretConfig(),
  marketplace: 'paper' | 'real' = 'paper',
): Promise<string[]> {
  const first = await tapeOf(people, one, story, config, marketplace);
  return differences(first, await tapeOf(people, other, story, config, marketplace));
}

/** Buys and starts a drink; technician and desk ask what they can every `everyMs` until it is over, and then for a minute more. */
export function poured(meanwhile: Meanwhile = async () => {}, everyMs = 1300): Story {
  return async (world) => {
    const order = await world.bought();
    world.start(order);
    for (let at = everyMs; at === everyMs || world.desk.find(order).state === 'pouring'; at += everyMs) {
      await world.clock.advance(everyMs);
      await world.ask('status');
      await world.pry(order);
      await meanwhile(world, order, at);
    }
    await world.pry(order);
    await world.ask('journal_verify');
    await world.clock.advance(61_000);
  };
}

/** The same, and at one moment something happens. */
export function at(moment: number, what: (world: WholeMachine, order: string) => unknown, everyMs = 1300): Story {
  return poured(async (world, order, now) => {
    if (now === moment) await what(world, order);
  }, everyMs);
}

/** Somebody touches stop; that it comes too late is an answer too. */
export async function stopped(world: WholeMachine, order: string): Promise<void> {
  const refused = (error: unknown): string => {
    if (!isFailure(error, 'order/wrong-state')) throw error;
    return error.code;
  };
  const answer = await world.clock.until(world.desk.stop(order).catch(refused));
  world.tape.put('screen', { answer });
}
