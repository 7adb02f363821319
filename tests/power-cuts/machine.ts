import { noSpread, simPump } from '#firmware-bridge/sim/sim-pumps.ts';
import type { SealedRecipe } from '#recipes/seal.ts';
import { pause } from '#shared/clock.ts';
import { instant, milliseconds } from '#shared/units.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { PaperMarket } from '../support/cell/paper-market.ts';
import { startOfTest } from '../support/marketplace/people.ts';
import { SteppedClock } from '../support/stepped-clock.ts';
import type { Card } from './card-disk.ts';
import { FarEnd } from './far-end.ts';
import type { KeyCard } from './key-card.ts';
import type { Loss } from './loss.ts';

/** What is the same for all machines of these tests. */
export interface Surroundings {
  readonly machine: string;
  readonly market: PaperMarket;
  readonly anchors: TrustAnchors;
  readonly drink: SealedRecipe;
  readonly config: MachineConfig;
}

/** How what was not synced is lost: with the process only nothing is. */
export type Ending =
  | { readonly t: 'process'; readonly downMs: number }
  | { readonly t: 'power'; readonly card: Loss; readonly keys: Loss; readonly forgets: boolean };

/** The machine's outside, which a power cut leaves behind: card, token, pumps. */
export class Machine {
  readonly world: Surroundings;
  readonly clock = new SteppedClock(instant(startOfTest));
  readonly card: Card;
  readonly keys: KeyCard;
  readonly farEnd: FarEnd;

  constructor(world: Surroundings, card: Card, keys: KeyCard) {
    this.world = world;
    this.card = card;
    this.keys = keys;
    const pumps = world.config.pumps.map(({ flow, lag_us, bottle_ul }) =>
      simPump(
        { points: flow.map(({ drive, ul_per_s }) => ({ drive, flow: ul_per_s })), lag: lag_us },
        bottle_ul,
        noSpread,
      ),
    );
    this.farEnd = new FarEnd({ clock: this.clock, pumps, seed: 1, timeScale: world.config.simulation.speed });
  }

  /** Another machine in the same state. */
  copy(): Machine {
    return new Machine(this.world, this.card.copy(), this.keys.copy());
  }

  /** Whatever else was to happen to a drink is over; an empty glass stands there. */
  async tidy(): Promise<void> {
    await pause(this.clock, milliseconds(20_000));
    this.farEnd.sim.touch({ glass: 'made' });
  }

  /** What a process that ended at any moment leaves behind. */
  async end(ending: Ending): Promise<void> {
    if (ending.t === 'process') return this.clock.advance(ending.downMs);
    this.card.lose(ending.card);
    this.keys.lose(ending.keys);
    await this.farEnd.lose(ending.forgets);
    await this.clock.advance(10_000);
  }
}
