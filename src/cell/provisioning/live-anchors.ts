import type { Clock } from '#shared/clock.ts';
import { type Role, roles, type TrustAnchors } from '#wire/certificate-chain.ts';

/** Anchors, and lists that hold beside them until a time (milliseconds since 1970). */
export interface AnchorLists {
  readonly anchors: TrustAnchors;
  readonly superseded?: readonly { readonly anchors: TrustAnchors; readonly until: number }[] | undefined;
}

/** The anchors as they hold whenever they are looked at, so that whoever keeps them keeps no old list. */
export function liveAnchors(current: () => AnchorLists, clock: Pick<Clock, 'now'>): TrustAnchors {
  const anchors: TrustAnchors = {};
  for (const role of Object.keys(roles) as Role[]) {
    Object.defineProperty(anchors, role, { enumerable: true, get: () => anchorsFor(role, current(), clock.now()) });
  }
  return anchors;
}

function anchorsFor(role: Role, { anchors, superseded = [] }: AnchorLists, now: number): readonly Uint8Array[] {
  const lists = [anchors, ...superseded.filter(({ until }) => now < until).map((list) => list.anchors)];
  return lists.flatMap((list) => list[role] ?? []);
}
