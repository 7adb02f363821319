import type { AcceptPorts } from './licences/accept.ts';
import type { Mixer, MixerPorts } from './mixer.ts';
import type { PrekeyPorts } from './prekeys.ts';
import type { Purchase } from './purchase.ts';

/** Everything that the cell's operations work on; made in `assemble.ts` only. */
export interface CellParts extends MixerPorts, AcceptPorts, PrekeyPorts {
  readonly mixer: Mixer;
  readonly purchase: Purchase;
}
