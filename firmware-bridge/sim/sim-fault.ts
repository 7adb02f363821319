import { unreachable } from '#shared/failure.ts';
import type { GuardName, Inputs } from '../dispenser.ts';

/** What comes back where a glass was lifted: the same one, another that is empty, or the same after somebody drank from it. */
export type GlassBack = 'same' | 'another' | 'emptied';

/** Bad days of the model, by name. Times are machine time after the start of the next job. */
export type SimFault =
  /** The glass goes, and one comes back `for_ms` later (null: never). */
  | {
      readonly t: 'glass-removed';
      readonly after_ms: number;
      readonly for_ms: number | null;
      readonly back?: GlassBack;
    }
  | { readonly t: 'door-opened'; readonly after_ms: number; readonly for_ms: number | null }
  /** The supply of the pumps goes (somebody pressed the emergency stop), and is there again `for_ms` later. */
  | { readonly t: 'supply-lost'; readonly after_ms: number; readonly for_ms: number | null }
  /** Only so much is left in the bottle. */
  | { readonly t: 'empty-bottle'; readonly pump: number; readonly left_ul: number }
  /** The output stays on when it should go off for the first time. */
  | { readonly t: 'stuck-relay'; readonly pump: number }
  /** From now on the pump moves only so much of what it did: a worn hose, or a line that is half blocked. */
  | { readonly t: 'slow-pump'; readonly pump: number; readonly permille: number }
  /** The next step of the pump moves air for so long before liquid comes. */
  | { readonly t: 'air-bubble'; readonly pump: number; readonly for_ms: number }
  /** After the next job that the pump is in, so much more runs out of its nozzle, over two seconds. */
  | { readonly t: 'drip'; readonly pump: number; readonly ul: number }
  /** The cable to the far end is pulled. */
  | { readonly t: 'link-lost'; readonly after_ms: number }
  /** The far end starts anew, as when a serial line pulls DTR: its job is gone, its record is not, and the supply is off. */
  | { readonly t: 'reset'; readonly after_ms: number }
  /** Frames are lost and sent again: from then on each command takes so much longer (clock's time). */
  | { readonly t: 'noisy-line'; readonly after_ms: number; readonly for_ms: number; readonly delay_ms: number }
  /** The next job arrives after its start. */
  | { readonly t: 'late' }
  /** Renewals get lost from then on, for one job. */
  | { readonly t: 'lease-lost'; readonly after_ms: number }
  /** The scale or the flow meters tell nothing from then on. */
  | { readonly t: 'sensors-silent'; readonly after_ms: number };

/** Something that happens around a job and outlives it, at a machine time of the model, µs. */
export type OuterEvent = { readonly at: number } & (
  | { readonly t: 'input'; readonly change: Partial<Inputs>; readonly back?: GlassBack }
  | { readonly t: 'link-lost' }
  | { readonly t: 'reset' }
  | { readonly t: 'noise'; readonly delay_ms: number }
  | { readonly t: 'drop'; readonly pump: number; readonly ul: number }
  | { readonly t: 'reading' }
  | { readonly t: 'silence' }
);

/** What a fault, ordered for a job that starts at the machine time `start`, does around that job. */
export function outerEvents(fault: SimFault, start: number): OuterEvent[] {
  const after = (ms: number): number => start + ms * 1000;
  switch (fault.t) {
    case 'glass-removed':
      return opened('glass', after(fault.after_ms), fault.for_ms, fault.back);
    case 'door-opened':
      return opened('door', after(fault.after_ms), fault.for_ms);
    case 'supply-lost':
      return opened('supply', after(fault.after_ms), fault.for_ms);
    case 'link-lost':
    case 'reset':
      return [{ t: fault.t, at: after(fault.after_ms) }];
    case 'noisy-line':
      return [
        { t: 'noise', at: after(fault.after_ms), delay_ms: fault.delay_ms },
        { t: 'noise', at: after(fault.after_ms + fault.for_ms), delay_ms: 0 },
      ];
    case 'sensors-silent':
      return [{ t: 'silence', at: after(fault.after_ms) }];
    case 'empty-bottle':
    case 'stuck-relay':
    case 'slow-pump':
    case 'air-bubble':
    case 'drip':
    case 'late':
    case 'lease-lost':
      return [];
    default:
      return unreachable(fault);
  }
}

const drops = 4;
const dropEveryUs = 500_000;

/** What runs out of a nozzle after a job that ended at `end`. */
export function dropsAfter(pump: number, ul: number, end: number): OuterEvent[] {
  return Array.from({ length: drops }, (_, k) => ({
    t: 'drop',
    pump,
    ul: ul / drops,
    at: end + (k + 1) * dropEveryUs,
  }));
}

function opened(
  contact: GuardName | 'supply',
  at: number,
  for_ms: number | null,
  back: GlassBack = 'same',
): OuterEvent[] {
  const gone: OuterEvent = { t: 'input', at, change: { [contact]: 'open' } };
  if (for_ms === null) return [gone];
  return [gone, { t: 'input', at: at + for_ms * 1000, change: { [contact]: 'made' }, back }];
}
