import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import type { Clock } from '#shared/clock.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { CellEvent } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { ServiceJobRequest, ServiceJobResult } from '#wire/service-api.ts';
import type { Asker } from '../api/serve.ts';
import type { Books } from '../books.ts';
import type { ExactStock } from '../exact-stock.ts';
import type { Executor } from '../executor/executor.ts';
import { Grant } from '../executor/grant.ts';
import { type Moved, openServiceGuard, type ServiceBound, type ServiceRun } from '../executor/service-run.ts';
import type { EntryOf } from '../journal/entry.ts';
import type { Ledger } from '../licences/ledger.ts';
import { calibrationOf, longestOnUs } from '../machine-model.ts';
import type { Mixer } from '../mixer.ts';
import { doseTime } from '../planner/drive.ts';
import { shownStock } from '../stock.ts';
import { type Flow, type Program, programOf } from './programs.ts';
import { drawsFromBottle } from './service-book.ts';
import { ServiceJob, type ServiceJobPorts } from './service-job.ts';

export interface ServiceJobsPorts {
  readonly mixer: Pick<Mixer, 'takeForService'>;
  readonly executor: Executor;
  readonly dispenser: Pick<Dispenser, 'inputs'>;
  readonly books: Books;
  readonly stock: Pick<ExactStock, 'keep'>;
  /** As it holds now (`live-config.ts`). */
  readonly config: MachineConfig;
  readonly clock: Clock;
  readonly log: Log;
  readonly tell: (event: CellEvent) => void;
}

/** A dose that was measured out for a calibration: on-time as executed, not as wished. */
export interface MeasuredDose {
  readonly line: number;
  readonly drive: number;
  readonly us: number;
}

/** Those of a calibration and a few more. */
const dosesKept = 256;

const nobody: Asker = { isGone: false, onGone: () => ({ [Symbol.dispose]: () => {} }), tell: () => {} };

/**
 * Service jobs, one at a time and never beside a drink: SERVICE_STARTED*, a grant, what the program says, SERVICE_ENDED*. A job lasts
 * as long as whoever asked for it listens: when the connection closes, its outputs go off.
 */
export class ServiceJobs {
  readonly #ports: ServiceJobsPorts;
  readonly #doses = new Map<number, MeasuredDose>();
  #current: { readonly run: ServiceRun; readonly job: ServiceJob; readonly ended: Promise<void> } | null = null;
  #closing = false;

  constructor(ports: ServiceJobsPorts) {
    this.#ports = ports;
  }

  /**
   * Resolves when the job is over and written down.
   * @throws Failure `machine/busy`, `machine/retired`, `service/key-missing`, `machine/interlock-open`, `dispenser/failed`,
   * `dispenser/unknown-pump`, `dispenser/over-limit`, `service/amount-missing`, `service/plan-missing`: nothing moved then
   */
  async run(request: ServiceJobRequest, asker: Asker = nobody): Promise<ServiceJobResult> {
    if (this.#ports.books.ledger.epoch.ends) throw new Failure('machine/retired');
    const result = await this.#atStation(request, asker);
    this.#changed();
    return result;
  }

  /** Ends the job that runs, at once; resolves when its outputs are off and it is written down. False when there is none. */
  async stop(why = 'technician'): Promise<boolean> {
    const current = this.#current;
    if (current === null) return false;
    await current.run.stop(why);
    await current.ended;
    return true;
  }

  /** Lets a cleaning go on that waits for another container. @throws Failure as `run`, while a guard is open */
  goOn(): boolean {
    if (this.#current?.job.isWaiting !== true) return false;
    const why = openServiceGuard(this.#ports.dispenser.inputs());
    if (why !== null) throw new Failure(why);
    this.#current.job.goOn();
    return true;
  }

  /** What was measured out in that job since the cell started; undefined when it is not known. */
  dose(job: number): MeasuredDose | undefined {
    return this.#doses.get(job);
  }

  /** Takes no more jobs; resolves when none runs. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.stop('cell');
  }

  async #atStation(request: ServiceJobRequest, asker: Asker): Promise<ServiceJobResult> {
    const { mixer, config, dispenser } = this.#ports;
    using _station = await mixer.takeForService();
    const program = programOf(request, config);
    requireWholeDoses(request, program, config);
    await this.#ports.executor.ready();
    const why = openServiceGuard(dispenser.inputs());
    if (why !== null) throw new Failure(why);
    if (this.#closing || asker.isGone) throw new Failure('machine/cell-unreachable');
    const number = this.#ports.books.ledger.service.jobs + 1;
    using grant = new Grant({ t: 'service', job: `${number} ${request.program}` });
    await using run = this.#ports.executor.openService(grant, boundsOf(program));
    const job = this.#jobOf(number, program, run, asker);
    const ended = Promise.withResolvers<void>();
    // from here on it can be stopped: it moves nothing before it is written down
    this.#current = { run, job, ended: ended.promise };
    try {
      await this.#started(number, request, program);
      await this.#carriedOut(job, run, asker);
      return await this.#written(number, request, program, { job, run });
    } finally {
      this.#current = null;
      ended.resolve();
    }
  }

  async #started(job: number, { program: name, who }: ServiceJobRequest, program: Program): Promise<void> {
    const { books, clock, config } = this.#ports;
    const lines = boundsOf(program).map(({ pump, maxUl: max_ul, maxMs: max_ms }) => {
      const line = config.pumps.find(({ channel }) => channel === pump)?.line ?? 0;
      return { line, max_ul, max_ms };
    });
    await books.append({ kind: 'SERVICE_STARTED', job, program: name, lines, who, at: clock.now() });
    this.#changed();
  }

  #jobOf(number: number, program: Program, run: ServiceRun, asker: Asker): ServiceJob {
    const { clock, config } = this.#ports;
    const tell: ServiceJobPorts['tell'] = (progress) => asker.tell('progress', { job: number, ...progress });
    return new ServiceJob({ clock, config, tell }, run, program);
  }

  async #carriedOut(job: ServiceJob, run: ServiceRun, asker: Asker): Promise<void> {
    using _gone = asker.onGone(() => void run.stop('walked-away'));
    try {
      if (asker.isGone) await run.stop('walked-away');
      await job.carryOut();
    } catch (error) {
      if (!isFailure(error)) throw error;
      await run.stop(error.code);
    }
  }

  /** What was executed, and of a cleaning that was whole its entry in the book. */
  async #written(
    job: number,
    request: ServiceJobRequest,
    program: Program,
    done: { readonly job: ServiceJob; readonly run: ServiceRun },
  ): Promise<ServiceJobResult> {
    const { books, clock, config, stock, log } = this.#ports;
    const end = endOf(done.run.why, request);
    const moved = movedLines(done.run.moved, config);
    await books.append((ledger) => ({
      kind: 'SERVICE_ENDED',
      job,
      ...end,
      lines: moved.map((each) => withStock(each, request.program, config, ledger)),
      at: clock.now(),
    }));
    const cleaned = end.result === 'done' ? [...program.plans.keys()] : [];
    for (const line of cleaned) await books.append(this.#cleaning(line, job, request, program, done.job));
    if (request.program === 'measure' && end.result === 'done') this.#remember(job, program, done.run.moved);
    await stock.keep();
    log.info('service job over', { job, program: request.program, ...end });
    return { job, ...end, lines: moved, cleaned };
  }

  #cleaning(
    line: number,
    job: number,
    { who }: ServiceJobRequest,
    { plans }: Program,
    done: ServiceJob,
  ): EntryOf<'CLEANED'> {
    const { product = '', lot = '' } = plans.get(line) ?? {};
    const { contactSeconds: contact_seconds } = done;
    const at = this.#ports.clock.now();
    return { kind: 'CLEANED', line, product, lot, contact_seconds, rinse_ul: done.rinsedUl(line), job, who, at };
  }

  #remember(job: number, program: Program, moved: readonly Moved[]): void {
    const [flow] = flowsOf(program);
    const us = moved.find(({ pump }) => pump === flow?.pump.channel)?.us;
    if (flow === undefined || us === undefined) return;
    this.#doses.set(job, { line: flow.pump.line, drive: flow.drive, us });
    for (const old of this.#doses.keys()) if (old <= job - dosesKept) this.#doses.delete(old);
  }

  #changed(): void {
    this.#ports.tell({ event: 'changed', body: {} });
  }
}

/** A dose for the scale is one job of the far end and of one line: each further job would lose the pump's lag once more. */
function requireWholeDoses({ program, lines }: ServiceJobRequest, planned: Program, config: MachineConfig): void {
  if (program !== 'measure') return;
  const [flow] = flowsOf(planned);
  if (flow === undefined || lines.length > 1)
    throw new Failure('message/malformed', { op: 'service_run', field: 'lines' });
  const { pump, ul, drive } = flow;
  const onUs = doseTime({ pump: pump.channel, calibration: calibrationOf(pump) }, ul, drive);
  if (onUs > longestOnUs(pump, config)) throw new Failure('dispenser/over-limit', { pump: pump.channel });
}

const flowsOf = ({ phases }: Program): readonly Flow[] =>
  phases.flatMap((phase) => (phase.t === 'flow' ? phase.flows : []));

/** What the grant allows each pump: what the program needs, and a little more for what a cut dose costs in lags. */
function boundsOf(program: Program): readonly ServiceBound[] {
  const byPump = Map.groupBy(flowsOf(program), ({ pump }) => pump.channel);
  return [...byPump].map(([pump, flows]) => ({
    pump,
    maxUl: flows.reduce((sum, { ul }) => sum + ul, 0) + 1000,
    maxMs: flows.reduce(
      (sum, flow) => sum + Math.ceil((flow.ul / calibrationOf(flow.pump).flowAt(flow.drive)) * 1250),
      10_000,
    ),
  }));
}

/** What pumps did, by the lines that they serve. */
export function movedLines(moved: readonly Moved[], { pumps }: MachineConfig): ServiceJobResult['lines'] {
  return moved.flatMap(({ pump, ul, us }) => {
    const line = pumps.find(({ channel }) => channel === pump)?.line;
    return line === undefined ? [] : [{ line, ul, ms: Math.round(us / 1000) }];
  });
}

function withStock(
  moved: ServiceJobResult['lines'][number],
  program: ServiceJobRequest['program'],
  config: MachineConfig,
  ledger: Ledger,
): EntryOf<'SERVICE_ENDED'>['lines'][number] {
  if (!drawsFromBottle(program)) return moved;
  return { ...moved, stock_ul: Math.max(0, shownStock(moved.line, config, ledger) - moved.ul) };
}

/** A job that runs until somebody stops it is done when somebody did. */
function endOf(why: string | null, { hold }: ServiceJobRequest): Pick<ServiceJobResult, 'result' | 'reason'> {
  if (why === null || (why === 'technician' && hold === true)) return { result: 'done', reason: '' };
  return { result: stops.includes(why) ? 'stopped' : 'failed', reason: why };
}

const stops = ['technician', 'walked-away', 'cell', 'machine/interlock-open', 'service/key-missing'];
