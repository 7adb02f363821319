import type { FailureCode } from '#shared/failure-codes.ts';
import type { Manifest } from './manifest-schema.ts';
import { mostPowerMw } from './power-drawn.ts';

/** A line as far as it decides what can be made. Stock is what anybody may see of it, never an exact level. */
export interface FeasibilityLine {
  readonly ingredient: string;
  readonly stock_ul: number;
  /** Smallest dose that this line pours well; else the machine's. */
  readonly min_dose_ul?: number;
  /** Expected error of any dose, for the reason's text. */
  readonly dose_error_ul?: number;
  readonly max_flow_ul_s?: number;
  /** Most that its pump may carry in one drink: it may not be on for longer. */
  readonly most_ul?: number;
  /** What its pump draws while it runs. */
  readonly power_mw?: number;
  /** Set while the line must not pour. */
  readonly blocked_by?: 'cleaning' | 'calibration';
}

/** What must be known of a machine to tell whether it can make a drink; all of it may be shown to anyone. */
export interface FeasibilityMachine {
  readonly machine_class: string;
  readonly glass_ul: number;
  /** The smallest dose that the machine pours well. */
  readonly min_dose_ul: number;
  readonly lines: readonly FeasibilityLine[];
  /** Version of its software, `major.minor.patch`; unchecked when absent, and so for what follows. */
  readonly runtime?: string;
  readonly pumps_at_once?: number;
  /** What all running pumps may draw together; null for no limit. */
  readonly power_mw?: number | null;
  /** The slowest flow that the class allows: published durations are reckoned with it. */
  readonly nominal_flow_ul_s?: number;
  /** False where no drinks with alcohol are sold here and now. */
  readonly alcohol?: boolean;
}

/** One reason why not. */
export interface Obstacle {
  readonly code: FailureCode;
  readonly facts: Readonly<Record<string, string>>;
}

export type Feasibility = { readonly ok: true } | { readonly ok: false; readonly reasons: readonly Obstacle[] };

/** The public part of a manifest that a verdict may look at. */
export type PublicBounds = Pick<Manifest, 'machine_class' | 'min_runtime' | 'ingredients' | 'bounds' | 'label'>;

/**
 * Whether the machine can make the recipe, or every reason why not. Pure, and judged by the manifest's published bounds
 * alone: stock and longest on-time against `max_ul`, resolution against `min_dose`, glass against `total_ul`, places and power
 * against `parallel`. A verdict that depended on the recipe's amounts would give them away to whoever varies stock or calibration.
 */
export function feasible(manifest: PublicBounds, machine: FeasibilityMachine): Feasibility {
  const reasons = [
    ...machineObstacles(manifest, machine),
    ...manifest.ingredients.flatMap(({ id, max_ul }) => ingredientObstacles(id, max_ul, manifest, machine)),
  ];
  return reasons.length === 0 ? { ok: true } : { ok: false, reasons };
}

function machineObstacles(manifest: PublicBounds, machine: FeasibilityMachine): Obstacle[] {
  const { machine_class, min_runtime, bounds, label } = manifest;
  const reasons: Obstacle[] = [];
  if (machine_class !== machine.machine_class) {
    reasons.push({ code: 'recipe/wrong-class', facts: { class: machine_class } });
  }
  if (machine.runtime !== undefined && isOlder(machine.runtime, min_runtime)) {
    reasons.push({ code: 'machine/software-too-old', facts: { needed: min_runtime } });
  }
  if (label.abv > 0 && machine.alcohol === false) reasons.push({ code: 'machine/alcohol-off', facts: {} });
  if (bounds.total_ul > machine.glass_ul) {
    reasons.push({ code: 'machine/glass-too-small', facts: { needed_ml: ml(bounds.total_ul) } });
  }
  if (bounds.parallel > (machine.pumps_at_once ?? Number.POSITIVE_INFINITY)) {
    reasons.push({ code: 'machine/too-few-pumps', facts: { needed: String(bounds.parallel) } });
  }
  const power = mostPowerMw(manifest, machine.lines);
  if (power > (machine.power_mw ?? Number.POSITIVE_INFINITY)) {
    reasons.push({ code: 'machine/power-short', facts: { needed_w: String(Math.ceil(power / 100) / 10) } });
  }
  return reasons;
}

/** The obstacles of the best line for an ingredient; none when one of its lines will do. */
function ingredientObstacles(id: string, maxUl: number, { bounds }: PublicBounds, machine: FeasibilityMachine) {
  const lines = machine.lines.filter(({ ingredient }) => ingredient === id);
  const perLine = lines.map((line) => lineObstacles(line, maxUl, bounds.min_dose, machine));
  const [best] = perLine.sort((a, b) => a.length - b.length);
  return best ?? [{ code: 'machine/ingredient-missing', facts: { ingredient: id } } satisfies Obstacle];
}

function lineObstacles(line: FeasibilityLine, maxUl: number, minDose: number, machine: FeasibilityMachine): Obstacle[] {
  const { ingredient } = line;
  const reasons: Obstacle[] = [];
  if (line.blocked_by !== undefined) {
    reasons.push({ code: 'machine/line-blocked', facts: { ingredient, by: line.blocked_by } });
  }
  if (line.stock_ul < maxUl) {
    reasons.push({ code: 'machine/ingredient-missing', facts: { ingredient, needed_ml: ml(maxUl) } });
  }
  if ((line.min_dose_ul ?? machine.min_dose_ul) > minDose) {
    reasons.push({ code: 'machine/dose-too-small', facts: doseFacts(line, minDose) });
  }
  const nominalFlow = machine.nominal_flow_ul_s ?? 0;
  if ((line.max_flow_ul_s ?? nominalFlow) < nominalFlow) {
    reasons.push({ code: 'machine/line-too-slow', facts: { ingredient } });
  }
  if ((line.most_ul ?? maxUl) < maxUl) {
    reasons.push({ code: 'machine/pump-limit', facts: { ingredient, needed_ml: ml(maxUl) } });
  }
  return reasons;
}

/** The predicted error of the smallest dose that the manifest promises, in ml and percent where it is known. */
function doseFacts({ ingredient, dose_error_ul }: FeasibilityLine, minDose: number): Record<string, string> {
  const facts = { ingredient, dose_ml: ml(minDose) };
  if (dose_error_ul === undefined) return facts;
  const percent = String(Math.round((dose_error_ul / minDose) * 100));
  return { ...facts, error_ml: ml(dose_error_ul), error_percent: percent };
}

function ml(microlitres: number): string {
  return String(Math.round(microlitres / 100) / 10);
}

/** Whether version `a` comes before `b`, both `major.minor.patch`. */
function isOlder(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  for (let part = 0; part < 3; part += 1) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
