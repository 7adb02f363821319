import type { Dice } from './dice.ts';

/** How a pump of the model really behaves, which its calibration knows only roughly. */
export interface SimPump {
  /** True flow at each drive, both rising; between them a straight line. One point: the pump can only be on or off. */
  readonly curve: readonly { readonly drive: number; readonly flow_ul_s: number }[];
  /** From switching on until liquid flows. */
  readonly lag_us: number;
  /** What runs out of the nozzle after switching off. */
  readonly drip_ul: number;
  /** Spread of the flow from step to step, 0.01 is 1 %. */
  readonly flow_spread: number;
  /** Spread of the lag from step to step. */
  readonly lag_spread_us: number;
  readonly bottle_ul: number;
  /** Of the liquid, mg/ml (1000 unless told). */
  readonly density?: number;
}

/** What chance made of one step. */
export interface StepLuck {
  readonly flow_ul_s: number;
  readonly lag_us: number;
  readonly drip_ul: number;
}

/** Draws the true behaviour of one step at `drive`. */
export function drawLuck(pump: SimPump, drive: number, dice: Dice): StepLuck {
  return {
    flow_ul_s: trueFlow(pump, drive) * (1 + pump.flow_spread * dice.normal()),
    lag_us: Math.max(0, pump.lag_us + pump.lag_spread_us * dice.normal()),
    drip_ul: Math.max(0, pump.drip_ul * (1 + 0.2 * dice.normal())),
  };
}

/** What a step of that luck delivers in `onUs` from a bottle that does not run dry, µl. */
export function delivered(luck: StepLuck, onUs: number): number {
  const flowing = onUs - luck.lag_us;
  return flowing <= 0 ? 0 : (flowing * luck.flow_ul_s) / 1e6 + luck.drip_ul;
}

/** On-time after which `left_ul` in the bottle have gone, µs. */
export function dryAfter(luck: StepLuck, left_ul: number): number {
  return luck.lag_us + (left_ul / luck.flow_ul_s) * 1e6;
}

function trueFlow(pump: SimPump, drive: number): number {
  const { curve } = pump;
  const above = curve.findIndex((point) => point.drive >= drive);
  const high = curve[above === -1 ? curve.length - 1 : above];
  const low = above > 0 ? curve[above - 1] : high;
  if (high === undefined || low === undefined) return 0;
  if (high.drive <= drive || high === low) return high.flow_ul_s;
  return low.flow_ul_s + ((high.flow_ul_s - low.flow_ul_s) * (drive - low.drive)) / (high.drive - low.drive);
}
