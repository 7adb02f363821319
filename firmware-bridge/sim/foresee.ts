import type { SimAgenda } from './sim-agenda.ts';
import { dropsAfter, outerEvents, type SimFault } from './sim-fault.ts';
import type { SimJob } from './sim-job.ts';
import type { SimPlant } from './sim-plant.ts';

/** Time until current in a switched-off pump is noticed, µs of machine time. */
const senseUs = 100_000;

interface Surroundings {
  readonly plant: SimPlant;
  readonly agenda: SimAgenda;
  /** Places of the pumps. */
  readonly pumps: Iterable<number>;
  /** Whether the far end sees current where none should be. */
  readonly seesCurrent: boolean;
}

/** Writes down what will happen to the job by itself, and what the faults do that were ordered for it. */
export function foresee(
  job: SimJob,
  faults: readonly SimFault[],
  { plant, agenda, pumps, seesCurrent }: Surroundings,
): void {
  for (const pump of pumps) {
    const at = plant.dryAt(job, pump);
    if (at !== null) job.expect({ t: 'dry', at, pump });
  }
  const sticks = plant.sticksAt(job);
  if (sticks !== null && seesCurrent) {
    job.expect({ t: 'end', at: sticks + senseUs, end: { t: 'fault', code: 'dispenser/output-stuck' } });
  }
  for (const fault of faults) {
    if (fault.t === 'lease-lost') job.expect({ t: 'lease-lost', at: job.startedAt + fault.after_ms * 1000 });
    else if (fault.t === 'drip' && job.rows(fault.pump).length > 0) {
      agenda.add(...dropsAfter(fault.pump, fault.ul, job.startedAt + job.steps.lengthUs()));
    } else agenda.add(...outerEvents(fault, job.startedAt));
  }
}
