import type { Microlitres, Milliseconds } from '#shared/units.ts';

/** The signed limits of a recipe that a run may not cross, and which line of the machine serves which slot. */
export interface Bounds {
  /** Most in all. */
  readonly totalUl: Microlitres;
  /** Longest machine time in all; time spent held does not count. */
  readonly durationMs: Milliseconds;
  /** Most slots poured at once. */
  readonly parallel: number;
  /** No dose is smaller. */
  readonly minDoseUl: Microlitres;
  /** Place n is slot n: most of it in all, and the line that has it. */
  readonly slots: readonly { readonly maxUl: Microlitres; readonly line: number }[];
}
