import { feasible } from '#recipes/feasibility.ts';
import type { VerifiedManifest } from '#recipes/manifest.ts';
import { Failure } from '#shared/failure.ts';
import { type CellStatus, machineFacts } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import type { Ledger } from './licences/ledger.ts';

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

/** The stock entries that a sold drink leaves behind. */
export function stockAfter(
  manifest: VerifiedManifest,
  config: MachineConfig,
  ledger: Ledger,
): { readonly line: number; readonly stock_ul: number }[] {
  return manifest.ingredients.flatMap(({ id, max_ul }) => {
    const pump = config.pumps.find(({ ingredient }) => ingredient === id);
    if (pump === undefined) return [];
    return [{ line: pump.line, stock_ul: Math.max(0, shownStock(pump.line, config, ledger) - max_ul) }];
  });
}
