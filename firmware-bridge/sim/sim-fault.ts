import type { Inputs } from '../dispenser.ts';

/** Bad days of the model, by name. Times are machine time after the start of the next job. */
export type SimFault =
  /** The glass goes, and comes back `for_ms` later (null: never). */
  | { readonly t: 'glass-removed'; readonly after_ms: number; readonly for_ms: number | null }
  | { readonly t: 'door-opened'; readonly after_ms: number; readonly for_ms: number | null }
  /** Only so much is left in the bottle. */
  | { readonly t: 'empty-bottle'; readonly pump: number; readonly left_ul: number }
  /** The output stays on when it should go off for the first time. */
  | { readonly t: 'stuck-relay'; readonly pump: number }
  /** The cable to the far end is pulled. */
  | { readonly t: 'link-lost'; readonly after_ms: number }
  /** The next job arrives after its start. */
  | { readonly t: 'late' }
  /** Renewals get lost from then on, for one job. */
  | { readonly t: 'lease-lost'; readonly after_ms: number };

/** Something that happens around a job and outlives it, at a machine time of the model, µs. */
export type OuterEvent = { readonly at: number } & (
  | { readonly t: 'input'; readonly change: Partial<Inputs> }
  | { readonly t: 'link-lost' }
);

/** What a fault, ordered for a job that starts at the machine time `start`, does around that job. */
export function outerEvents(fault: SimFault, start: number): OuterEvent[] {
  switch (fault.t) {
    case 'glass-removed':
      return opened('glass', start + fault.after_ms * 1000, fault.for_ms);
    case 'door-opened':
      return opened('door', start + fault.after_ms * 1000, fault.for_ms);
    case 'link-lost':
      return [{ t: 'link-lost', at: start + fault.after_ms * 1000 }];
    default:
      return [];
  }
}

function opened(contact: 'glass' | 'door', at: number, for_ms: number | null): OuterEvent[] {
  const gone: OuterEvent = { t: 'input', at, change: { [contact]: 'open' } };
  return for_ms === null ? [gone] : [gone, { t: 'input', at: at + for_ms * 1000, change: { [contact]: 'made' } }];
}
