import { sameBytes } from '#shared/entropy.ts';
import { sha256 } from '#wire/signed-message.ts';
import type { Head } from './standing.ts';

/** Where every journal begins. */
export const origin: Head = { index: 0, head: new Uint8Array(32) };

export type Walk =
  | { readonly tag: 'continues' }
  /** The links do not lead from `since` to `journal`. */
  | { readonly tag: 'broken' }
  /** They lead there, but past what was remembered: an older copy, or a second machine, wrote them. */
  | { readonly tag: 'forked' };

/**
 * Whether `links` lead from `since` to `journal` by h = SHA-256(h ‖ link), one index for each link, and meet
 * `remembered`, the latest head that was countersigned, on the way.
 */
export function followJournal(since: Head, links: readonly Uint8Array[], journal: Head, remembered: Head | null): Walk {
  let at = since;
  let met = remembered === null || sameHead(at, remembered);
  for (const link of links) {
    at = { index: at.index + 1, head: sha256(concatenated(at.head, link)) };
    met ||= remembered !== null && sameHead(at, remembered);
  }
  if (!sameHead(at, journal)) return { tag: 'broken' };
  return met ? { tag: 'continues' } : { tag: 'forked' };
}

export function sameHead(a: Head, b: Head): boolean {
  return a.index === b.index && sameBytes(a.head, b.head);
}

function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
