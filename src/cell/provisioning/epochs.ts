import { Failure } from '#shared/failure.ts';
import type { HeldClassKey } from '../identity.ts';

/** How many epochs of its class key a machine holds. */
export const heldEpochs = 3;

/** @throws Failure `provision/epoch-held`, `provision/epoch-too-old` when it would fall out at once */
export function requireRoomFor(epoch: number, held: readonly HeldClassKey[]): void {
  if (held.some((key) => key.epoch === epoch)) throw new Failure('provision/epoch-held', { epoch });
  const newer = held.filter((key) => key.epoch > epoch);
  if (newer.length >= heldEpochs) throw new Failure('provision/epoch-too-old', { epoch });
}

/** The epochs after one more, newest first, and those that fall out. */
export function withEpoch(
  held: readonly HeldClassKey[],
  taken: HeldClassKey,
): { readonly kept: HeldClassKey[]; readonly out: HeldClassKey[] } {
  const all = [taken, ...held.filter(({ epoch }) => epoch !== taken.epoch)].sort((a, b) => b.epoch - a.epoch);
  return { kept: all.slice(0, heldEpochs), out: all.slice(heldEpochs) };
}
