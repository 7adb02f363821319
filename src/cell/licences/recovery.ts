import { invariant, unreachable } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import type { Entry, EntryOf } from '../journal/entry.ts';
import type { Ledger, Use } from './ledger.ts';

/**
 * What must be written down at boot so that every use is in a stage from which it can go on: the crash table of
 * licence.md. `keyPresent` asks the token. `delivered` is what the dispenser says it executed before power was lost (null
 * when it kept nothing): a drink of which surely no drop fell is claimed like one that was never begun.
 */
export function recover(
  ledger: Ledger,
  keyPresent: (use: Use) => boolean,
  delivered: (use: Use) => number | null,
  now: Instant,
): Entry[] {
  return [...ledger.uses.values()].flatMap((use) => recoverUse(use, keyPresent, delivered, now));
}

function recoverUse(
  use: Use,
  keyPresent: (use: Use) => boolean,
  delivered: (use: Use) => number | null,
  at: Instant,
): Entry[] {
  const { kid } = use;
  switch (use.stage) {
    case 'pooled':
    case 'granted':
    case 'spent':
    case 'void':
    case 'withdrawn':
      return [];
    case 'reserved':
      return keyPresent(use) ? [released(use, at)] : [];
    case 'intent':
      if (keyPresent(use)) return [released(use, at)];
      return [{ kind: 'BURNED', kid, stock: [] }, voided(use, 'power-cut', at)];
    case 'burned':
      return [voided(use, 'power-cut', at)];
    case 'burn-failed':
      return [voided(use, 'burn-failed', at)];
    case 'pouring':
      if (use.done === 0 && !use.isResumed && delivered(use) === 0) return [voided(use, 'power-cut', at)];
      return [spent(use, 'partial', at)];
    case 'poured':
      return [spent(use, 'ok', at)];
    default:
      return unreachable(use.stage);
  }
}

function released({ kid, order }: Use, at: Instant): EntryOf<'RELEASED'> {
  invariant(order !== null, 'what is reserved has an order');
  return { kind: 'RELEASED', order, kid, reason: 'restart', at };
}

function voided({ kid }: Use, reason: string, at: Instant): EntryOf<'VOIDED'> {
  return { kind: 'VOIDED', kid, reason, pieces: 0, at };
}

/**
 * The published total stands for what was ordered, and for what was delivered when all of it was. Of a drink that was cut off
 * nothing is told: how long it poured is lost, and what the far end measured would, cut after cut, give its pieces away.
 */
function spent(use: Use, result: 'ok' | 'partial', at: Instant): EntryOf<'SPENT'> {
  return {
    kind: 'SPENT',
    kid: use.kid,
    result,
    reason: 'power-cut',
    pieces: result === 'ok' ? use.done + 1 : 0,
    ordered_ul: use.totalUl,
    delivered_ul: result === 'ok' ? use.totalUl : 0,
    started: roundTo5s(at),
    ended: roundTo5s(at),
  };
}

/** Times that leave the cell are rounded to 5 s: exact ones would be amounts. */
export function roundTo5s(at: Instant): number {
  return Math.round(at / 5000) * 5000;
}

/** What a drink that was cut short delivered, in whole steps of 10 ml, never more than it was. */
export function coarsely(delivered_ul: number): number {
  return Math.floor(delivered_ul / 10_000) * 10_000;
}
