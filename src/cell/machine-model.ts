import { beverage } from '#recipes/machine-class.ts';
import type { VerifiedManifest } from '#recipes/manifest.ts';
import { maxDoses } from '#recipes/record.ts';
import { Failure } from '#shared/failure.ts';
import {
  type Microlitres,
  type Milliseconds,
  microlitres,
  microlitresPerSecond,
  microseconds,
  milliseconds,
} from '#shared/units.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { Bounds } from './executor/bounds.ts';
import type { ExecutorMachine } from './executor/executor-machine.ts';
import type { Ledger } from './licences/ledger.ts';
import { FlowCalibration } from './planner/flow-calibration.ts';
import { mostPulses } from './planner/pulse.ts';
import { pumpFor } from './stock.ts';

type Pump = MachineConfig['pumps'][number];

/**
 * The machine that the configuration describes, as planner and executor need it; place n is pump n of the list. Lines and limits are
 * those of `config.pumps` at the moment they are read: a new calibration acts on the next run (`src/cell/service/live-config.ts`).
 */
export function machineModel(config: MachineConfig): ExecutorMachine {
  const { limits } = config;
  let known = { pumps: config.pumps, ...linesOf(config) };
  const current = (): typeof known => {
    if (known.pumps !== config.pumps) known = { pumps: config.pumps, ...linesOf(config) };
    return known;
  };
  return {
    get lines() {
      return current().lines;
    },
    get limits() {
      return current().limits;
    },
    atOnce: limits.pumps_at_once,
    ...(limits.power_mw !== null && { powerMw: limits.power_mw }),
    smallDose: microlitres(limits.small_dose_ul),
    dripWait: microseconds(limits.drip_wait_ms * 1000),
    lease: milliseconds(limits.lease_ms),
    holdLimit: milliseconds(limits.held_ms),
    facts: new Map(
      config.pumps.map(({ channel, density_mg_per_ml: density, flow_meter: meter }) => [
        channel,
        { density, nlPerPulse: meter?.nl_per_pulse ?? null },
      ]),
    ),
    byWeight: config.hardware.load_cell?.doses_by_weight ?? false,
  };
}

function linesOf({ pumps, limits }: MachineConfig): Pick<ExecutorMachine, 'lines' | 'limits'> {
  const lines = pumps.map((pump) => {
    const calibration = calibrationOf(pump);
    return { pump: pump.channel, calibration, longestOnUs: pump.max_on_ms * 1000, powerMw: pump.power_mw };
  });
  return {
    lines,
    limits: lines.map(({ pump, calibration, longestOnUs }) => ({
      pump,
      maxOn: milliseconds(longestOnUs / 1000),
      maxVolume: mostVolume(limits.glass_ul, calibration),
      maxFlow: calibration.maxFlow,
    })),
  };
}

/** How long the pump may be on in one job of the far end, µs. */
export function longestOnUs(pump: Pump, config: MachineConfig): number {
  const { maxFlow } = calibrationOf(pump);
  const mostUs = Math.floor((mostVolume(config.limits.glass_ul, calibrationOf(pump)) / maxFlow) * 1e6);
  return Math.min(pump.max_on_ms * 1000, mostUs);
}

/** A glass at the nominal flow, counted as the far end does: at the greatest. What fits the glass never is refused there. */
function mostVolume(glassUl: number, { maxFlow, lagUs }: FlowCalibration): Microlitres {
  const seconds = glassUl / beverage.nominalFlow + (mostPulses * lagUs) / 1e6;
  return microlitres(Math.ceil(maxFlow * Math.max(seconds, glassUl / maxFlow)));
}

/** What all doses of a recipe wait at most until liquid flows; machine time beyond its published duration, which knows no lag. */
export function lagRoom(
  { piece_count }: Pick<VerifiedManifest, 'piece_count'>,
  { pumps }: MachineConfig,
): Milliseconds {
  const longest = Math.max(...pumps.map(({ lag_us }) => lag_us));
  return milliseconds(Math.ceil((longest * maxDoses * piece_count) / 1000));
}

/** The bounds of a recipe with the line for each slot; @throws Failure `machine/ingredient-missing` */
export function boundsOf(
  manifest: VerifiedManifest,
  config: MachineConfig,
  ledger: Ledger,
  blocked?: ReadonlySet<number>,
): Bounds {
  const { bounds, ingredients } = manifest;
  return {
    totalUl: microlitres(bounds.total_ul),
    durationMs: milliseconds(bounds.duration_ms + lagRoom(manifest, config)),
    parallel: bounds.parallel,
    minDoseUl: microlitres(bounds.min_dose),
    slots: ingredients.map((ingredient) => {
      const pump = pumpFor(ingredient, config, ledger, blocked);
      if (pump === undefined) throw new Failure('machine/ingredient-missing', { ingredient: ingredient.id });
      return { maxUl: microlitres(ingredient.max_ul), line: config.pumps.indexOf(pump) };
    }),
  };
}

/** How the pump of a line moves its liquid. */
export function calibrationOf(pump: Pump): FlowCalibration {
  return new FlowCalibration({
    points: pump.flow.map(({ drive, ul_per_s }) => ({ drive, flow: microlitresPerSecond(ul_per_s) })),
    lag: microseconds(pump.lag_us),
    factor: pump.liquid_factor,
  });
}
