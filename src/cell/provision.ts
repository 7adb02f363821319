import { Failure, isFailure } from '#shared/failure.ts';
import { Audit, type AuditFacts } from './provisioning/audit.ts';
import type { Exchange, ProvisionPlan, ProvisionPorts, ProvisionRun, Received } from './provisioning/run.ts';
import { isDone, type NextStep, nextStep, type Step } from './provisioning/sequence.ts';
import { incoming, runStep } from './provisioning/steps.ts';

/** Told before each step; `of` steps in all. */
export type Tell = (step: NextStep) => void;

export type ProvisionResult =
  | { readonly state: 'complete' }
  /** Nothing goes on until this comes in. */
  | { readonly state: 'waiting'; readonly for: Received }
  /** As far as was asked. */
  | { readonly state: 'paused' };

export interface ProvisionOptions {
  readonly tell?: Tell;
  /** Stops when this step is done. */
  readonly until?: Step;
}

/**
 * Brings a machine into service from where it was left, step by step; each is written to the audit record, on the medium,
 * before it begins and after it is done. What a step that was cut off left behind is finished or destroyed, never used.
 * @throws Failure of the step that failed; `provision/audit-broken`, `disk/failed`
 */
export async function provision(
  plan: ProvisionPlan,
  ports: ProvisionPorts,
  exchange: Exchange,
  options: ProvisionOptions = {},
): Promise<ProvisionResult> {
  await using audit = await Audit.open(ports.disk, ports);
  if (audit.progress === null) await audit.append({ t: 'opened', sequence: 'machine' });
  return await goOn({ plan, ports, exchange, audit }, options);
}

/**
 * The same for a further epoch of the class key on a machine in service. `again` asks for a fresh transport key although a
 * request is out: an answer to the old one is then refused.
 * @throws Failure `machine/not-provisioned` before the machine is in service
 */
export async function provisionEpoch(
  plan: ProvisionPlan,
  ports: ProvisionPorts,
  exchange: Exchange,
  options: ProvisionOptions & { readonly again?: boolean } = {},
): Promise<ProvisionResult> {
  await using audit = await Audit.open(ports.disk, ports);
  requireInService(audit);
  if (audit.progress === null || nextStep(audit.progress) === null) {
    await audit.append({ t: 'opened', sequence: 'epoch' });
  } else if (options.again === true && isDone(audit.progress, 'transport')) {
    await audit.append({ t: 'undone', step: 'transport' });
  }
  return await goOn({ plan, ports, exchange, audit }, options);
}

/** Takes back a step that is done and all after it, so that they are done again with other input; nothing when it is not. */
export async function provisionAgain(step: Step, ports: ProvisionPorts): Promise<void> {
  await using audit = await Audit.open(ports.disk, ports);
  if (audit.progress !== null && isDone(audit.progress, step)) await audit.append({ t: 'undone', step });
}

async function goOn(run: ProvisionRun, { tell = () => {}, until }: ProvisionOptions): Promise<ProvisionResult> {
  for (;;) {
    const { progress } = run.audit;
    const next = progress === null ? null : nextStep(progress);
    if (progress === null || next === null) return { state: 'complete' };
    if (until !== undefined && isDone(progress, until)) return { state: 'paused' };
    const wanted = incoming(next.step);
    const input = wanted === null ? null : await run.exchange.receive(wanted);
    if (wanted !== null && input === null) return { state: 'waiting', for: wanted };
    tell(next);
    await oneStep(run, next, input);
  }
}

async function oneStep(run: ProvisionRun, { step, resume }: NextStep, input: Uint8Array | null): Promise<void> {
  const { audit } = run;
  await audit.append({ t: 'begun', step });
  try {
    const outcome = await runStep(step, run, { resume, input });
    if (outcome.t === 'undone') await audit.append({ t: 'undone', step: outcome.from }, { facts: outcome.facts });
    else await audit.append({ t: 'done', step }, outcome);
  } catch (error) {
    // a disk that fails here says so by itself; the step stays begun
    if (isFailure(error)) await audit.append({ t: 'failed', step }, { facts: factsOf(error) });
    throw error;
  }
}

const longestFact = 200;

function factsOf({ code, facts }: Failure): AuditFacts {
  const short = Object.entries(facts).map(([name, value]) => [
    name.slice(0, 32),
    typeof value === 'boolean' || Number.isInteger(value) ? value : String(value).slice(0, longestFact),
  ]);
  return { ...(Object.fromEntries(short) as AuditFacts), code };
}

/** Whether a machine has ever been brought into service, by its record. @throws Failure `machine/not-provisioned` */
function requireInService(audit: Audit): void {
  const inService = audit.lines.some(({ event }) => event.t === 'done' && event.step === 'read-back');
  if (!inService) throw new Failure('machine/not-provisioned', { reason: 'provisioning is not complete' });
}
