import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import type { Log } from '#shared/log.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sealMessage } from '#wire/signed-message.ts';
import type { Books } from './books.ts';
import type { Identity } from './identity.ts';
import { unbookedKids, unspentUses } from './licences/epoch.ts';
import type { Mixer } from './mixer.ts';
import { prekeyPrefix } from './prekeys.ts';
import { keyLabels } from './provisioning/names.ts';
import { giveBack } from './release.ts';

/** Destroys every object of the token but those labelled so, and proves it. */
export type EmptyToken = (keep: readonly string[]) => Promise<void>;

export interface DecommissionPorts {
  readonly token: { listKeys(prefix: string): string[] };
  readonly emptyToken: EmptyToken;
  readonly books: Books;
  readonly identity: Identity;
  readonly mixer: Pick<Mixer, 'idle' | 'release' | 'exclusively'>;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a machine leaves behind. */
export interface Farewell {
  /** The signed DECOMMISSION: the same each time. */
  readonly message: Uint8Array;
  /** One-time keys that were destroyed, and licensed uses among them that were unspent. */
  readonly keys: number;
  readonly unspent: number;
  /** Licensing has it. */
  readonly booked: boolean;
}

const farewellPath = 'decommission/farewell.cose';
const bookedPath = 'decommission/booked';
/** From here on not even the identity is kept; the next start goes on with it. */
const lastPath = 'decommission/last';

/**
 * Ends the selling for good: DECOMMISSIONING*, every key but the identity destroyed and proven gone, DECOMMISSION signed and
 * on the medium. May be repeated, also after a power cut.
 * @throws Failure `usage/option-wrong` for the name of another machine, `machine/busy` while a drink is under way,
 * `token/destroy-unproven`
 */
export async function decommission(machine: string, ports: DecommissionPorts): Promise<Farewell> {
  const { books, identity, mixer, clock, log } = ports;
  if (machine !== identity.machine) throw new Failure('usage/option-wrong', { option: 'machine', value: machine });
  await giveBack(ports);
  return mixer.exclusively(async () => {
    if (!mixer.idle) throw new Failure('machine/busy', { reason: 'a drink is under way' });
    if (!books.ledger.epoch.ends) {
      await books.append({ kind: 'DECOMMISSIONING', at: clock.now() });
      log.warn('decommissioning', { machine });
    }
    return books.inTurn('prekeys', () => farewell(ports));
  });
}

async function farewell(ports: DecommissionPorts): Promise<Farewell> {
  const { disk, identity, books, token, emptyToken, clock, log } = ports;
  const keys = token.listKeys(prekeyPrefix).length;
  await emptyToken([keyLabels.identity]);
  const before = await farewellOf(disk, identity.anchors, ports);
  if (before !== null) return before;
  const payload: Payload<'DECOMMISSION'> = {
    machine: identity.machine,
    epoch: books.ledger.epoch.number,
    unspent: unspentUses(books.ledger).slice(0, 400),
    ended: unbookedKids(books.ledger).slice(0, 256),
    keys,
    journal: books.journal.head(),
    time: clock.now(),
  };
  await disk.replace(farewellPath, await sealMessage('DECOMMISSION', payload, identity.signer));
  log.warn('keys destroyed', { keys, unspent: payload.unspent.length });
  return (
    (await farewellOf(disk, identity.anchors, ports)) ?? { message: new Uint8Array(0), keys, unspent: 0, booked: false }
  );
}

async function farewellOf(
  disk: Disk,
  anchors: TrustAnchors,
  { clock }: Pick<DecommissionPorts, 'clock'>,
): Promise<Farewell | null> {
  const message = await disk.read(farewellPath);
  if (message === null) return null;
  const { payload } = openMessage('DECOMMISSION', message, anchors, clock.now());
  const booked = (await disk.read(bookedPath)) !== null;
  return { message, keys: payload.keys, unspent: payload.unspent.length, booked };
}

/** The DECOMMISSION that licensing does not have yet; null when there is none. */
export async function pendingFarewell({ disk }: Pick<DecommissionPorts, 'disk'>): Promise<Uint8Array | null> {
  return (await disk.read(bookedPath)) === null ? disk.read(farewellPath) : null;
}

export async function farewellBooked({ disk, clock }: Pick<DecommissionPorts, 'disk' | 'clock'>): Promise<void> {
  await disk.replace(bookedPath, new TextEncoder().encode(String(clock.now())));
}

/**
 * Leaves nothing: the identity key is destroyed, the token proven empty, every file of the cell's folder removed. The
 * process is of no more use then. @throws Failure `machine/not-retired` before `decommission`
 */
export async function leaveNothing(
  ports: Pick<DecommissionPorts, 'disk' | 'emptyToken' | 'log' | 'books'>,
): Promise<void> {
  const { disk, emptyToken, log, books } = ports;
  if (!books.ledger.epoch.ends || (await disk.read(farewellPath)) === null) throw new Failure('machine/not-retired');
  await disk.replace(lastPath, new Uint8Array(1));
  await finish(disk, emptyToken);
  log.warn('decommissioned: token and folder are empty');
}

/**
 * Goes on with what a power cut interrupted, before anything else is read.
 * @throws Failure `machine/retired` when it did: there is no machine any more
 */
export async function finishDecommission(disk: Disk, emptyToken: EmptyToken | undefined): Promise<void> {
  if ((await disk.read(lastPath)) === null) return;
  if (emptyToken === undefined) throw new Failure('machine/retired');
  await finish(disk, emptyToken);
  throw new Failure('machine/retired');
}

async function finish(disk: Disk, emptyToken: EmptyToken): Promise<void> {
  await emptyToken([]);
  for (const path of await filesBelow(disk)) if (path !== lastPath) await disk.remove(path);
  await disk.remove(lastPath);
}

async function filesBelow(disk: Disk): Promise<string[]> {
  const paths: string[] = [];
  for (const name of await disk.list('.')) {
    const within = await namesIn(disk, name);
    if (within === null) paths.push(name);
    else paths.push(...within.map((file) => `${name}/${file}`));
  }
  return paths;
}

/** Names in a folder; null for a file. */
async function namesIn(disk: Disk, name: string): Promise<string[] | null> {
  try {
    const names = await disk.list(name);
    return names.length === 0 && (await isFile(disk, name)) ? null : names;
  } catch (error) {
    if (isFailure(error, 'disk/failed') && error.facts['reason'] === 'ENOTDIR') return null;
    throw error;
  }
}

async function isFile(disk: Disk, name: string): Promise<boolean> {
  try {
    return (await disk.read(name)) !== null;
  } catch (error) {
    if (isFailure(error, 'disk/failed') && error.facts['reason'] === 'EISDIR') return false;
    throw error;
  }
}
