import type { Disk } from '#shared/disk.ts';
import { hex, sameBytes } from '#shared/entropy.ts';
import type { CellAnswer } from '#wire/cell-api.ts';
import type { Books } from './books.ts';
import { licencePath } from './licences/licence-files.ts';
import type { Granted, Ledger, Use } from './licences/ledger.ts';

type Item = CellAnswer<'forgotten'>['items'][number];

const pageSize = 8;

/**
 * What licensing has lost by its own word, from number `after` on, at most 8: the licences that it issued since, then the
 * USAGEs and VOID_CLAIMs that it booked since, each as it was told first. Empty at the end.
 */
export async function forgotten(
  after: number,
  { books, disk }: { readonly books: Books; readonly disk: Disk },
): Promise<Item[]> {
  const { again } = books.ledger.epoch;
  if (again === null || again.done) return [];
  const lost = [...licencesSince(books.ledger, again.since), ...outcomesSince(books.ledger, again.since)];
  const items: Item[] = [];
  for (const one of lost.slice(after, after + pageSize)) {
    // a licence whose file is gone cannot be told again; its number is not used again all the same
    const message = 'seq' in one ? await disk.read(licencePath(one.seq)) : one.claim;
    items.push({ kind: kindOf(one), kid: 'seq' in one ? null : one.kid, message });
  }
  return items;
}

function kindOf(one: Granted | Use): Item['kind'] {
  if ('seq' in one) return 'licence';
  return one.voided === null ? 'usage' : 'claim';
}

function licencesSince({ licences }: Ledger, since: number): Granted[] {
  return [...licences.values()].filter(({ index }) => index > since).toSorted((a, b) => a.seq - b.seq);
}

function outcomesSince(ledger: Ledger, since: number): Use[] {
  const replaced = new Set(
    licencesSince(ledger, since).flatMap(({ replaces }) => (replaces === undefined ? [] : [hex(replaces)])),
  );
  return [...ledger.uses.values()].filter(
    ({ kid, claim, booked, bookedAt }) => claim !== null && (!booked || bookedAt > since || replaced.has(hex(kid))),
  );
}

/** Writes down that licensing has been told everything again. */
export async function toldAgain({ books, now }: { readonly books: Books; readonly now: number }): Promise<void> {
  const { again } = books.ledger.epoch;
  if (again === null || again.done) return;
  await books.append({ kind: 'TOLD_AGAIN', recovered: again.recovered, at: now });
}

/** The use of a kid, if it has ended. */
export function endedUse({ uses }: Ledger, kid: Uint8Array): Use | null {
  const use = uses.get(hex(kid));
  return use === undefined || (use.spent ?? use.voided) === null || !sameBytes(use.kid, kid) ? null : use;
}
