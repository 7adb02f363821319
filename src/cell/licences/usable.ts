import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import type { TimeView } from '../trusted-time.ts';
import { type Granted, grantedUse, type Ledger, ownerOf, type Use, unsyncedUses } from './ledger.ts';

/** Of licences that were written down before their terms were. */
const defaultUnsynced = 8;

/**
 * Why a use of this licence must not be opened now; null when it may be. A time-bounded licence pauses while the time is not
 * trusted; of others only what is surely over is over then.
 */
export function obstacleTo(granted: Granted, ledger: Ledger, time: TimeView): FailureCode | null {
  const late = timeObstacle(granted, time);
  if (late !== null) return late;
  const most = granted.terms?.max_unsynced ?? defaultUnsynced;
  if (unsyncedUses(ledger) >= most) return 'licence/unsynced';
  return usesSinceListExpired(ledger, time) >= most ? 'licence/list-stale' : null;
}

/** The same as far as time is concerned. */
export function timeObstacle(
  { terms, expires }: Pick<Granted, 'terms' | 'expires'>,
  time: TimeView,
): FailureCode | null {
  const doubt = time.doubt();
  if (terms?.kind === 'window' && doubt !== null) return 'time/untrusted';
  if (doubt !== null) return time.atLeast() > expires * 1000 ? 'licence/expired' : null;
  const now = time.now();
  if (now < (terms?.not_before ?? 0) * 1000) return 'licence/not-yet-valid';
  return now > expires * 1000 ? 'licence/expired' : null;
}

/** Uses that were begun after the status list had run out: nobody knows whether they were revoked. */
function usesSinceListExpired({ uses, statusList }: Ledger, time: TimeView): number {
  const since = statusList?.expires ?? 0;
  if (time.now() <= since) return 0;
  return [...uses.values()].filter(
    ({ reservedAt, spent, voided }) => (spent ?? voided) !== null && (reservedAt ?? 0) > since,
  ).length;
}

/**
 * Whether the use waits for nobody: bought ahead and never held, of an order that was given up, or licensed again for no
 * order of this journal.
 */
export function isAtHand(use: Use, ledger: Ledger): boolean {
  if (use.stage !== 'granted' || licenceOf(use, ledger) === undefined) return false;
  const owner = ownerOf(use, ledger);
  if (owner === null) return true;
  return ledger.givenUp.has(owner) || (use.heldBy === null && ledger.orders.get(owner)?.stock === true);
}

/** The use that an order without one may have: the one that runs out first of those that may be opened now. */
export function useAtHand(
  ledger: Ledger,
  recipe: { readonly recipe: Uint8Array; readonly version: number; readonly manifest: Uint8Array },
  time: TimeView,
): Use | null {
  const found = [...ledger.uses.values()].flatMap((use) => {
    const granted = isAtHand(use, ledger) ? licenceOf(use, ledger) : undefined;
    if (granted === undefined || granted.version !== recipe.version) return [];
    if (!sameBytes(granted.recipe, recipe.recipe) || !sameBytes(granted.manifest, recipe.manifest)) return [];
    return obstacleTo(granted, ledger, time) === null ? [{ use, expires: granted.expires }] : [];
  });
  return found.toSorted((a, b) => a.expires - b.expires)[0]?.use ?? null;
}

/** What one use of a purchase cost, and who had how much of it: the shares of all uses add up to the purchase. */
export interface UsePrice {
  readonly price: number;
  readonly licensor: number;
  readonly marketplace: number;
}

/** The price of a use by the offer that its licence was bought by; null for one that was issued unasked. */
export function priceOf(use: Use, ledger: Ledger): UsePrice | null {
  const granted = licenceOf(use, ledger);
  // a use that replaces a void one costs what that one did
  const replaced = granted?.replaces === undefined ? undefined : ledger.uses.get(hex(granted.replaces));
  if (replaced !== undefined) return priceOf(replaced, ledger);
  const ordered = granted?.order == null ? undefined : ledger.orders.get(granted.order);
  if (granted === undefined || ordered === undefined) return null;
  const at = granted.kids.findIndex((kid) => sameBytes(kid, use.kid));
  const { quantity = 1, licensor = 0, price } = ordered;
  const share = (sum: number): number => Math.floor(((at + 1) * sum) / quantity) - Math.floor((at * sum) / quantity);
  const [mine, marketplace] = [share(licensor), share(price - licensor)];
  return { price: mine + marketplace, licensor: mine, marketplace };
}

export function licenceOf({ cti }: Use, { licences }: Ledger): Granted | undefined {
  return cti === null ? undefined : licences.get(hex(cti));
}

/** @throws Failure `machine/quarantined`, `machine/retired` */
export function requireGood({ quarantined, epoch }: Ledger): void {
  if (epoch.ends) throw new Failure('machine/retired');
  if (quarantined !== null) throw new Failure('machine/quarantined');
}

/** Whether a licence may still come for the order, or lies there for it alone. */
export function waitsForLicence(order: string, ledger: Ledger): boolean {
  if (ledger.givenUp.has(order)) return false;
  return ledger.orders.has(order) || grantedUse(ledger, order) !== null;
}

/** Why what was bought for the order is never opened; null when it was not withdrawn. */
export function withdrawnFor(order: string, ledger: Ledger, time: TimeView): FailureCode | null {
  const gone = [...ledger.uses.values()].find((use) => use.stage === 'withdrawn' && ownerOf(use, ledger) === order);
  const granted = gone && licenceOf(gone, ledger);
  return granted === undefined ? null : (timeObstacle(granted, time) ?? 'licence/revoked');
}
