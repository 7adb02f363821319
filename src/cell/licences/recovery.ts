import { unreachable } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import type { Entry } from '../journal/entry.ts';
import type { Ledger, Use } from './ledger.ts';

/**
 * What must be written down at boot so that every use is in a stage from which it can go on: the crash table of
 * licence.md. `keyPresent` asks the token. `report` is what the dispenser says it executed before power was lost (0 when
 * it kept nothing).
 */
export function recover(
  ledger: Ledger,
  keyPresent: (use: Use) => boolean,
  delivered: (use: Use) => number,
  now: Instant,
): Entry[] {
  return [...ledger.uses.values()].flatMap((use) => recoverUse(use, keyPresent, delivered, now));
}

function recoverUse(
  use: Use,
  keyPresent: (use: Use) => boolean,
  delivered: (use: Use) => number,
  at: Instant,
): Entry[] {
  const { kid } = use;
  switch (use.stage) {
    case 'pooled':
    case 'granted':
    case 'spent':
    case 'void':
    case 'burn-failed':
      return [];
    case 'reserved':
      return keyPresent(use) ? [{ kind: 'RELEASED', order: use.order ?? '', kid, reason: 'restart', at }] : [];
    case 'intent':
      if (keyPresent(use)) return [{ kind: 'RELEASED', order: use.order ?? '', kid, reason: 'restart', at }];
      return [
        { kind: 'BURNED', kid, stock: [] },
        { kind: 'VOIDED', kid, reason: 'power-cut', pieces: 0, at },
      ];
    case 'burned':
      return [{ kind: 'VOIDED', kid, reason: 'power-cut', pieces: 0, at }];
    case 'pouring':
      return [
        {
          kind: 'SPENT',
          kid,
          result: 'partial',
          reason: 'power-cut',
          pieces: use.done,
          ordered_ul: 0,
          delivered_ul: delivered(use),
          started: roundTo5s(at),
          ended: roundTo5s(at),
        },
      ];
    default:
      return unreachable(use.stage);
  }
}

/** Times that leave the cell are rounded to 5 s: exact ones would be amounts. */
export function roundTo5s(at: Instant): number {
  return Math.round(at / 5000) * 5000;
}
