import type { Dispenser } from '#firmware-bridge/dispenser.ts';
import type { SimPump } from '#firmware-bridge/sim/pump-model.ts';
import { SimDispenser } from '#firmware-bridge/sim/sim-dispenser.ts';
import { noSpread, simPump, usualSpread } from '#firmware-bridge/sim/sim-pumps.ts';
import type { VerifiedManifest } from '#recipes/manifest.ts';
import type { Clock } from '#shared/clock.ts';
import { Failure } from '#shared/failure.ts';
import { microlitres, microlitresPerSecond, microseconds, milliseconds } from '#shared/units.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { Bounds } from './executor/bounds.ts';
import type { ExecutorMachine } from './executor/executor-machine.ts';
import type { Ledger } from './licences/ledger.ts';
import { FlowCalibration } from './planner/flow-calibration.ts';
import { pumpFor } from './stock.ts';

type Pump = MachineConfig['pumps'][number];

/** The machine that the configuration describes, as planner and executor need it; place n is pump n of the list. */
export function machineModel({ pumps, limits }: MachineConfig): ExecutorMachine {
  const lines = pumps.map((pump) => ({ pump: pump.channel, calibration: calibrationOf(pump) }));
  return {
    lines,
    limits: lines.map(({ pump, calibration }, i) => ({
      pump,
      maxOn: milliseconds(pumps[i]?.max_on_ms ?? 0),
      maxVolume: microlitres(limits.glass_ul),
      maxFlow: calibration.maxFlow,
    })),
    atOnce: limits.pumps_at_once,
    smallDose: microlitres(limits.small_dose_ul),
    dripWait: microseconds(limits.drip_wait_ms * 1000),
    lease: milliseconds(limits.lease_ms),
    holdLimit: milliseconds(limits.held_ms),
  };
}

/** The bounds of a recipe with the line for each slot; @throws Failure `machine/ingredient-missing` */
export function boundsOf({ bounds, ingredients }: VerifiedManifest, config: MachineConfig, ledger: Ledger): Bounds {
  return {
    totalUl: microlitres(bounds.total_ul),
    durationMs: milliseconds(bounds.duration_ms),
    parallel: bounds.parallel,
    minDoseUl: microlitres(bounds.min_dose),
    slots: ingredients.map((ingredient) => {
      const pump = pumpFor(ingredient, config, ledger);
      if (pump === undefined) throw new Failure('machine/ingredient-missing', { ingredient: ingredient.id });
      return { maxUl: microlitres(ingredient.max_ul), line: config.pumps.indexOf(pump) };
    }),
  };
}

/** The driver that the configuration names: so far the physical model only. */
export function openDispenser({ pumps, simulation }: MachineConfig, clock: Clock): Dispenser {
  const models: SimPump[] = [];
  const spread = simulation.noise ? usualSpread : noSpread;
  for (const pump of pumps) {
    const points = pump.flow.map(({ drive, ul_per_s }) => ({ drive, flow: (ul_per_s * pump.liquid_factor) / 1000 }));
    models[pump.channel] = simPump({ points, lag: pump.lag_us }, pump.bottle_ul, spread);
  }
  return new SimDispenser({ clock, pumps: models, seed: simulation.seed, timeScale: simulation.speed });
}

function calibrationOf(pump: Pump): FlowCalibration {
  return new FlowCalibration({
    points: pump.flow.map(({ drive, ul_per_s }) => ({ drive, flow: microlitresPerSecond(ul_per_s) })),
    lag: microseconds(pump.lag_us),
    factor: pump.liquid_factor,
  });
}
