import { feasible } from '#recipes/feasibility.ts';
import { machineClassOf } from '#recipes/machine-class.ts';
import type { VerifiedManifest } from '#recipes/manifest.ts';
import { Failure } from '#shared/failure.ts';
import { type CellStatus, machineFacts } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { Bounds } from './executor/bounds.ts';
import type { EntryOf } from './journal/entry.ts';
import type { Ledger } from './licences/ledger.ts';
import { mostPulses } from './planner/pulse.ts';

type Pump = MachineConfig['pumps'][number];

/** What anyone is shown of a line's stock: as it was set, less the published bounds of the drinks sold since. */
export function shownStock(line: number, { pumps }: MachineConfig, ledger: Ledger): number {
  const pump = pumps.find((one) => one.line === line);
  return Math.max(0, ledger.stock.get(line) ?? pump?.bottle_ul ?? 0);
}

/**
 * Whether this machine can pour the recipe now, judged by its published bounds alone: a verdict that depended on its
 * amounts would give them away.
 * @throws Failure with the code of the first obstacle
 */
export function requireFeasible(manifest: VerifiedManifest, status: CellStatus): void {
  const verdict = feasible(manifest, machineFacts(status));
  const [first] = verdict.ok ? [] : verdict.reasons;
  if (first !== undefined) throw new Failure(first.code, first.facts);
}

/** Lines that nothing is sold from for now, each for itself. */
export function blockedLines({ lines }: Pick<CellStatus, 'lines'>): ReadonlySet<number> {
  return new Set(lines.filter(({ blocked_by }) => blocked_by !== null).map(({ line }) => line));
}

/** The greatest flow of a line with what is in it, µl/s. */
export function maxFlowOf({ flow, liquid_factor }: Pump): number {
  return Math.floor(((flow.at(-1)?.ul_per_s ?? 0) * liquid_factor) / 1000);
}

/** Most that a pump may carry in one drink, at the slowest flow that published durations allow for, in as many pulses as there may be. */
export function mostUl({ max_on_ms, lag_us }: Pump, nominalFlow: number): number {
  // a class whose recipes publish no duration by flow
  if (nominalFlow === 0) return Number.MAX_SAFE_INTEGER;
  return Math.max(0, Math.floor(((max_on_ms - (mostPulses * lag_us) / 1000) * nominalFlow) / 1000));
}

/**
 * The pump that serves an ingredient: of several with it the first that can, as `feasible` judges them; the first of all when
 * none can; undefined when there is none.
 */
export function pumpFor(
  { id, max_ul }: VerifiedManifest['ingredients'][number],
  config: MachineConfig,
  ledger: Ledger,
  blocked: ReadonlySet<number> = new Set(),
): Pump | undefined {
  const pumps = config.pumps.filter(({ ingredient }) => ingredient === id);
  const nominalFlow = machineClassOf(config.machine.class)?.nominalFlow ?? 0;
  const able = pumps.find(
    (pump) =>
      !blocked.has(pump.line) &&
      shownStock(pump.line, config, ledger) >= max_ul &&
      maxFlowOf(pump) >= nominalFlow &&
      mostUl(pump, nominalFlow) >= max_ul,
  );
  return able ?? pumps[0];
}

/**
 * The stock entries that a sold drink leaves behind on the lines that it is poured from, with what it wears their hoses at most: its
 * published amount, at the slowest flow that its published duration allows for.
 */
export function stockAfter(
  { slots, durationMs }: Pick<Bounds, 'slots' | 'durationMs'>,
  config: MachineConfig,
  ledger: Ledger,
): EntryOf<'BURNED'>['stock'] {
  const nominalFlow = machineClassOf(config.machine.class)?.nominalFlow;
  return slots.flatMap(({ line: place, maxUl }) => {
    const line = config.pumps[place]?.line;
    if (line === undefined) return [];
    const max_ms = Math.min(
      durationMs,
      nominalFlow === undefined ? durationMs : Math.ceil((maxUl / nominalFlow) * 1000),
    );
    return [{ line, stock_ul: Math.max(0, shownStock(line, config, ledger) - maxUl), max_ul: maxUl, max_ms }];
  });
}
