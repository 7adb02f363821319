import type { SimPump } from '#firmware-bridge/sim/pump-model.ts';
import { SimDispenser } from '#firmware-bridge/sim/sim-dispenser.ts';
import type { SimFault } from '#firmware-bridge/sim/sim-fault.ts';
import { noSpread, simPump, usualSpread } from '#firmware-bridge/sim/sim-pumps.ts';
import { usualScale } from '#firmware-bridge/sim/sim-scale.ts';
import type { Clock } from '#shared/clock.ts';
import type { MachineConfig, SimFaultName } from '#wire/machine-config.ts';

/** The machine of the configuration as a physical model, with the sensors and the bad days that it names. */
export function simulatedMachine({ pumps, simulation, hardware }: MachineConfig, clock: Clock): SimDispenser {
  const models: SimPump[] = [];
  const spread = simulation.noise ? usualSpread : noSpread;
  for (const pump of pumps) {
    const points = pump.flow.map(({ drive, ul_per_s }) => ({ drive, flow: (ul_per_s * pump.liquid_factor) / 1000 }));
    models[pump.channel] = simPump({ points, lag: pump.lag_us }, pump.bottle_ul, spread, pump.density_mg_per_ml);
  }
  const cell = hardware.load_cell;
  const meters = pumps.flatMap(({ channel, flow_meter: meter }) =>
    meter === undefined ? [] : [{ pump: channel, nl_per_pulse: meter.nl_per_pulse }],
  );
  const sim = new SimDispenser({
    clock,
    pumps: models,
    seed: simulation.seed,
    timeScale: simulation.speed,
    ...(cell !== undefined && { scale: { ...usualScale, perSecond: cell.per_second } }),
    ...(meters.length > 0 && { meters }),
  });
  if (hardware.service_key === undefined) sim.touch({ serviceKey: 'unfitted' });
  const channels = pumps.map(({ channel }) => channel);
  for (const name of simulation.faults ?? []) for (const fault of badDay(name, channels)) sim.inject(fault);
  return sim;
}

/** What a bad day of the configuration is made of: in every line, or in the first job from two seconds on. */
function badDay(name: SimFaultName, channels: readonly number[]): SimFault[] {
  const when = { after_ms: 2_000, for_ms: 5_000 };
  const days: Readonly<Record<SimFaultName, () => SimFault[]>> = {
    'empty-bottle': () => channels.map((pump) => ({ t: 'empty-bottle', pump, left_ul: 20_000 })),
    'stuck-relay': () => channels.slice(0, 1).map((pump) => ({ t: 'stuck-relay', pump })),
    'slow-pump': () => channels.map((pump) => ({ t: 'slow-pump', pump, permille: 700 })),
    'glass-lifted': () => [{ t: 'glass-removed', ...when }],
    'door-opened': () => [{ t: 'door-opened', ...when }],
    'supply-lost': () => [{ t: 'supply-lost', ...when }],
    'cable-out': () => [{ t: 'link-lost', after_ms: when.after_ms }],
    reset: () => [{ t: 'reset', after_ms: when.after_ms }],
    'noisy-line': () => [{ t: 'noisy-line', ...when, delay_ms: 60 }],
  };
  return days[name]();
}
