import { Failure } from '#shared/failure.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { ServiceJobRequest, ServiceProgress } from '#wire/service-api.ts';
import { planOf } from './line-state.ts';

type Pump = MachineConfig['pumps'][number];
type Config = Pick<MachineConfig, 'pumps' | 'cleaning' | 'limits'>;

/** One stretch of a service job: something flows in every line, or time passes with all outputs off. */
export type Phase =
  | { readonly t: 'flow'; readonly name: ServiceProgress['phase']; readonly flows: readonly Flow[] }
  | { readonly t: 'contact'; readonly seconds: number }
  | { readonly t: 'swap' };

/** A volume that one line is to move, µl; a duration instead where a dose is measured by time. */
export interface Flow {
  readonly pump: Pump;
  readonly ul: number;
  readonly drive: number;
}

/** What a cleaning will have been, when it is done. */
export interface CleaningPlan {
  readonly product: string;
  readonly lot: string;
  readonly contact_seconds: number;
  readonly rinse_ul: number;
}

export interface Program {
  readonly phases: readonly Phase[];
  /** Of `clean`, by line. */
  readonly plans: ReadonlyMap<number, CleaningPlan>;
}

const testUl = 10_000;
/** Nobody holds a button longer, µl of one line. */
const mostHeldUl = 2_000_000;
/** An emptied line needs more than it holds: the last drops come slowly. */
const purgeFactor = 1.5;
/** A rinse goes through so often. */
const rinseFactor = 3;

/**
 * What a service job does. Amounts that nobody names are those of machine.yaml.
 * @throws Failure `dispenser/unknown-pump` {line}, `service/amount-missing` {line, program}, `service/plan-missing` {line}
 */
export function programOf(request: ServiceJobRequest, config: Config): Program {
  const pumps = [...new Set(request.lines)].map((line) => pumpOf(line, config));
  if (request.program !== 'clean')
    return { phases: [flow('flow', pumps, (pump) => amountOf(request, pump), request.drive)], plans: new Map() };
  const plans = new Map(pumps.map((pump) => [pump.line, cleaningOf(request, pump, config)]));
  const planned = [...plans.values()];
  const contact = Math.max(...planned.map(({ contact_seconds }) => contact_seconds));
  const product = flow('product', pumps, (pump) => request.ul ?? deadVolume(request, pump));
  const rinse = flow('rinse', pumps, ({ line }) => plans.get(line)?.rinse_ul ?? 0);
  const swap: Phase[] = request.swap === true ? [{ t: 'swap' }] : [];
  return { phases: [product, { t: 'contact', seconds: contact }, ...swap, rinse], plans };
}

/** @throws Failure `dispenser/unknown-pump` {line} */
export function pumpOf(line: number, { pumps }: Pick<Config, 'pumps'>): Pump {
  const pump = pumps.find((one) => one.line === line);
  if (pump === undefined) throw new Failure('dispenser/unknown-pump', { line });
  return pump;
}

function flow(name: ServiceProgress['phase'], pumps: readonly Pump[], ulOf: (pump: Pump) => number, drive = 0): Phase {
  const flows = pumps.map((pump) => ({ pump, ul: ulOf(pump), drive: drive || (pump.flow.at(-1)?.drive ?? 1000) }));
  return { t: 'flow', name, flows: flows.filter(({ ul }) => ul > 0) };
}

function amountOf(request: ServiceJobRequest, pump: Pump): number {
  const { program, ul, hold } = request;
  if (ul !== undefined) return ul;
  switch (program) {
    case 'test':
      return testUl;
    case 'prime':
      return hold === true ? mostHeldUl : deadVolume(request, pump);
    case 'purge':
      return Math.ceil(deadVolume(request, pump) * purgeFactor);
    case 'rinse':
      return deadVolume(request, pump) * rinseFactor;
    case 'measure':
    case 'clean':
      throw new Failure('service/amount-missing', { line: pump.line, program });
  }
}

function deadVolume({ program }: ServiceJobRequest, { line, dead_volume_ul }: Pump): number {
  if (dead_volume_ul === 0) throw new Failure('service/amount-missing', { line, program });
  return dead_volume_ul;
}

function cleaningOf(request: ServiceJobRequest, pump: Pump, config: Config): CleaningPlan {
  const plan = planOf(pump, config);
  const product = request.product ?? plan?.product;
  const contact_seconds = request.contact_seconds ?? plan?.contact_seconds;
  const rinse_ul = request.rinse_ul ?? plan?.rinse_ul;
  if (product === undefined || contact_seconds === undefined || rinse_ul === undefined) {
    throw new Failure('service/plan-missing', { line: pump.line });
  }
  return { product, lot: request.lot ?? '', contact_seconds, rinse_ul };
}

/**
 * Lines that may run together: no more at once, and drawing no more together, than the machine allows. A pump that alone draws more
 * runs alone.
 */
export function rounds(flows: readonly Flow[], { limits }: Pick<Config, 'limits'>): readonly (readonly Flow[])[] {
  const all: Flow[][] = [];
  const power = (round: readonly Flow[]): number => round.reduce((sum, { pump }) => sum + pump.power_mw, 0);
  for (const each of flows) {
    const last = all.at(-1);
    const fits =
      last !== undefined &&
      last.length < limits.pumps_at_once &&
      power(last) + each.pump.power_mw <= (limits.power_mw ?? Number.POSITIVE_INFINITY);
    if (fits) last.push(each);
    else all.push([each]);
  }
  return all;
}
