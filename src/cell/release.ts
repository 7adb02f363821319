import type { Token } from '#hsm/token.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import { sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import { openMessage } from '#wire/signed-message.ts';
import type { Books } from './books.ts';
import type { Identity } from './identity.ts';
import type { Mixer } from './mixer.ts';
import { prekeyPrefix } from './prekeys.ts';

export interface FinishPorts {
  readonly token: Pick<Token, 'listKeys' | 'destroyKey'>;
  readonly books: Books;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ReleasePorts extends FinishPorts {
  readonly identity: Identity;
  readonly disk: Disk;
  readonly mixer: Pick<Mixer, 'idle' | 'release' | 'exclusively'>;
}

/**
 * Takes the RELEASE that ends this machine's quarantine: RELEASE_TAKEN*, every one-time key destroyed and proven gone,
 * EPOCH*. One that was taken before changes nothing. Answers whether a new epoch began. Runs in the turn of `heads`.
 * @throws Failure `message/not-authentic` for a release of another machine, journal or epoch; `machine/busy` while a drink is
 * under way; `token/destroy-unproven` when a key may be alive: the quarantine then lasts, and the next call tries again
 */
export async function takeRelease(bytes: Uint8Array, proofPath: string, ports: ReleasePorts): Promise<boolean> {
  const { books, identity, disk, clock, log } = ports;
  const { payload, digest } = openMessage('RELEASE', bytes, identity.anchors, clock.now());
  const { epoch, quarantined } = books.ledger;
  if (payload.machine !== identity.machine) throw wrong('another machine');
  if (quarantined === null) return false;
  if (payload.epoch !== epoch.number + 1) throw wrong('another epoch');
  const { seen } = epoch;
  if (seen === null || seen.index !== payload.head.index || !sameBytes(seen.head, payload.head.head)) {
    throw wrong('another journal than the one in quarantine');
  }
  await giveBack(ports);
  await ports.mixer.exclusively(async () => {
    if (!ports.mixer.idle) throw new Failure('machine/busy', { reason: 'a drink is under way' });
    if (epoch.release === null || !sameBytes(epoch.release.release, digest)) {
      await disk.replace(proofPath, bytes);
      const { head, seq, batch } = payload;
      const taken = { release: digest, epoch: payload.epoch, head, seq, batch };
      await books.append({ kind: 'RELEASE_TAKEN', ...taken, at: clock.now() });
      log.warn('released by licensing', { epoch: payload.epoch, person: payload.person, reason: payload.reason });
    }
    await books.inTurn('prekeys', () => finishRelease(ports));
  });
  return true;
}

/** What is reserved is let go: its key is about to be destroyed. */
export async function giveBack({ books, mixer }: Pick<ReleasePorts, 'books' | 'mixer'>): Promise<void> {
  for (const { stage, order } of books.ledger.uses.values()) {
    if (stage === 'reserved' && order !== null) await mixer.release(order);
  }
}

/**
 * Ends what RELEASE_TAKEN began, also after a power cut; nothing happens when there is nothing to end.
 * @throws Failure `token/destroy-unproven`, `token/failed`
 */
export async function finishRelease({ token, books, clock, log }: FinishPorts): Promise<void> {
  const { release } = books.ledger.epoch;
  if (release === null) return;
  const keys = token.listKeys(prekeyPrefix);
  for (const label of keys) await token.destroyKey(label);
  const [alive] = token.listKeys(prekeyPrefix);
  if (alive !== undefined) throw new Failure('token/destroy-unproven', { label: alive, because: 'it is still listed' });
  await books.append({ kind: 'EPOCH', epoch: release.epoch, at: clock.now() });
  log.warn('new epoch of the journal', { epoch: release.epoch, destroyed: keys.length });
}

/** The same at start: a key that resists keeps the machine in quarantine, and does not keep it from starting. */
export async function finishReleaseAtBoot(ports: FinishPorts): Promise<void> {
  try {
    await finishRelease(ports);
  } catch (error) {
    if (!isFailure(error) || error.code === 'disk/failed') throw error;
    ports.log.error('release not finished', { code: error.code });
  }
}

function wrong(reason: string): Failure {
  return new Failure('message/not-authentic', { reason });
}
