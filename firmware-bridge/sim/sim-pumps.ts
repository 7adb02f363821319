import type { SimPump } from './pump-model.ts';

/** What somebody measured of a pump; structurally the calibration that the planner is given. */
export interface MeasuredPump {
  readonly points: readonly { readonly drive: number; readonly flow: number }[];
  /** On-time that carries nothing, µs: start lag less run-on. */
  readonly lag: number;
}

/** How far the model strays from what was measured. */
export interface Spread {
  /** Of the flow, from step to step: 0.005 is 0.5 %. */
  readonly flow: number;
  /** Of the lag, from step to step, µs. */
  readonly lag_us: number;
  /** What drips after a step, µl; the measured lag accounts for it at full flow. */
  readonly drip_ul: number;
}

export const noSpread: Spread = { flow: 0, lag_us: 0, drip_ul: 0 };
/** A machine in good order. */
export const usualSpread: Spread = { flow: 0.005, lag_us: 8_000, drip_ul: 60 };

/** A pump of the model that behaves as measured, but for the spread. */
export function simPump(
  measured: MeasuredPump,
  bottle_ul: number,
  spread: Spread = usualSpread,
  density = 1000,
): SimPump {
  const fullFlow = measured.points.at(-1)?.flow ?? 1;
  return {
    curve: measured.points.map(({ drive, flow }) => ({ drive, flow_ul_s: flow })),
    lag_us: measured.lag + (spread.drip_ul / fullFlow) * 1e6,
    drip_ul: spread.drip_ul,
    flow_spread: spread.flow,
    lag_spread_us: spread.lag_us,
    bottle_ul,
    density,
  };
}
