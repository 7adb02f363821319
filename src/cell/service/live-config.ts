import type { MachineConfig } from '#wire/machine-config.ts';
import type { Books } from '../books.ts';
import type { Calibrated, ServiceBook } from './service-book.ts';

type Pump = MachineConfig['pumps'][number];

/**
 * The configuration as it holds now: what a technician calibrated stands in place of what machine.yaml says, from the next dose on.
 * Whoever needs a line asks this object each time; nobody keeps a copy of `pumps`.
 */
export function liveConfig(config: MachineConfig, books: Pick<Books, 'ledger'>): MachineConfig {
  let known: { readonly of: ServiceBook['calibrations']; readonly pumps: Pump[] } | null = null;
  return {
    ...config,
    get pumps() {
      const { calibrations } = books.ledger.service;
      if (known?.of !== calibrations)
        known = { of: calibrations, pumps: config.pumps.map((pump) => inForce(pump, calibrations)) };
      return known.pumps;
    },
  };
}

/** The calibration of the line that was written down last; null where machine.yaml holds: none was, or it was of another liquid. */
export function calibrationInForce(
  { line, ingredient }: Pick<Pump, 'line' | 'ingredient'>,
  calibrations: ServiceBook['calibrations'],
): Calibrated | null {
  const last = calibrations.get(line)?.at(-1);
  return last?.ingredient === ingredient ? last : null;
}

function inForce(pump: Pump, calibrations: ServiceBook['calibrations']): Pump {
  const calibrated = calibrationInForce(pump, calibrations);
  if (calibrated === null) return pump;
  const { points, lag_us, factor } = calibrated;
  return { ...pump, flow: points, lag_us, liquid_factor: factor };
}
