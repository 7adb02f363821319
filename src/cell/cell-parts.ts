import type { AcceptPorts } from './licences/accept.ts';
import type { Revocations } from './licences/revocations.ts';
import type { EmptyToken } from './decommission.ts';
import type { Mixer, MixerPorts } from './mixer.ts';
import type { PrekeyPorts } from './prekeys.ts';
import type { LivePorts } from './provisioning/live.ts';
import type { Purchase } from './purchase.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { Executor } from './executor/executor.ts';
import type { LineWatch } from './service/line-watch.ts';
import type { ServiceJobs } from './service/service-jobs.ts';
import type { SyncPorts } from './sync.ts';
import type { TrustedTime } from './trusted-time.ts';

/** Everything that the cell's operations work on; made in `assemble.ts` only. */
export interface CellParts extends MixerPorts, AcceptPorts, PrekeyPorts, LivePorts, SyncPorts {
  readonly mixer: Mixer;
  readonly service: ServiceJobs;
  readonly lineWatch: LineWatch;
  readonly executor: Executor;
  /** machine.yaml as it was read; `config` is what holds. */
  readonly written: MachineConfig;
  readonly purchase: Purchase;
  /** Absent where nothing can enumerate the token's objects. */
  readonly emptyToken?: EmptyToken;
  /** Ends the process in order. */
  readonly ended?: () => void;
  readonly time: TrustedTime;
  readonly revocations: Pick<Revocations, 'take' | 'review'>;
}
