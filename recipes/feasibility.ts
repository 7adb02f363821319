import type { FailureCode } from '#shared/failure-codes.ts';
import type { Manifest } from './manifest.ts';

/** What must be known of a machine to tell whether it can make a drink; all of it may be shown to anyone. */
export interface FeasibilityMachine {
  readonly machine_class: string;
  readonly glass_ul: number;
  /** The smallest dose that the machine pours well. */
  readonly min_dose_ul: number;
  readonly lines: readonly { readonly ingredient: string; readonly stock_ul: number }[];
}

export interface Obstacle {
  readonly code: FailureCode;
  readonly facts: Readonly<Record<string, string>>;
}

export type Feasibility = { readonly ok: true } | { readonly ok: false; readonly reasons: readonly Obstacle[] };

/**
 * Whether the machine can make the recipe, or every reason why not. Pure, and judged by the manifest's published bounds
 * alone: stock against `max_ul`, resolution against `min_dose`, glass against `total_ul`. A verdict that depended on the
 * recipe's amounts would give them away to whoever varies stock or calibration.
 */
export function feasible(manifest: Manifest, machine: FeasibilityMachine): Feasibility {
  const reasons: Obstacle[] = [];
  const { bounds } = manifest;
  if (manifest.machine_class !== machine.machine_class) {
    reasons.push({ code: 'recipe/wrong-class', facts: { class: manifest.machine_class } });
  }
  for (const { id, max_ul } of manifest.ingredients) {
    const stock = machine.lines.filter(({ ingredient }) => ingredient === id);
    if (!stock.some(({ stock_ul }) => stock_ul >= max_ul)) {
      reasons.push({ code: 'machine/ingredient-missing', facts: { ingredient: id } });
    }
  }
  if (bounds.total_ul > machine.glass_ul) {
    reasons.push({ code: 'machine/not-feasible', facts: { reason: 'glass', total_ul: String(bounds.total_ul) } });
  }
  if (bounds.min_dose < machine.min_dose_ul) {
    reasons.push({ code: 'machine/not-feasible', facts: { reason: 'dose', min_dose: String(bounds.min_dose) } });
  }
  return reasons.length === 0 ? { ok: true } : { ok: false, reasons };
}
