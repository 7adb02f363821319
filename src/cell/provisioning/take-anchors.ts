import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Instant } from '#shared/units.ts';
import { decodeCbor, encodeCbor } from '#wire/cbor.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import { type Provisioned, readProvisioned, writeProvisioned } from '../identity.ts';
import { Audit } from './audit.ts';
import type { ProvisionPorts } from './run.ts';

/** How long the list before still holds beside the new one, from the time at which the new one was signed. */
const overlapMs = 90 * 24 * 3600 * 1000;
const maxBytes = 512 * 1024;

/**
 * Takes ANCHORS, the list of whom to believe: of the version after the one held, signed under the maker's root that is held
 * *and* under the one that it names itself (TUF's rule). Answers what the machine is provisioned with from now on.
 * @throws Failure `message/malformed`, `message/not-authentic`, `provision/anchors-stale`, `machine/not-provisioned`
 */
export async function takeAnchors(
  file: Uint8Array,
  ports: Pick<ProvisionPorts, 'disk' | 'clock' | 'who'>,
): Promise<Provisioned> {
  const before = await readProvisioned(ports.disk);
  const list = openAnchors(file, before, ports.clock.now());
  const held = before.anchors_version ?? 1;
  if (list.version !== held + 1) throw new Failure('provision/anchors-stale', { version: list.version, held });
  const after = withAnchors(before, list, ports.clock.now());
  await using audit = await Audit.open(ports.disk, ports);
  const digest = sha256(file);
  await audit.append({ t: 'noted', what: 'anchors' }, { digest, facts: { version: list.version, taken: false } });
  await writeProvisioned(ports.disk, after);
  await audit.append({ t: 'noted', what: 'anchors' }, { digest, facts: { version: list.version, taken: true } });
  return after;
}

function openAnchors(file: Uint8Array, { anchors }: Provisioned, now: Instant): Payload<'ANCHORS'> {
  const both = decodeCbor(file, maxBytes);
  if (!Array.isArray(both) || both.length !== 2 || !both.every((part) => part instanceof Uint8Array)) {
    throw new Failure('message/malformed', { reason: 'ANCHORS is signed twice' });
  }
  const [old, fresh] = both as [Uint8Array, Uint8Array];
  // the list that is in force, not one that was superseded: a root that was given up names no successor
  const { payload } = openMessage('ANCHORS', old, { maker: anchors.maker ?? [] }, now);
  const again = openMessage('ANCHORS', fresh, { maker: payload.anchors.maker }, now).payload;
  if (!sameBytes(encodeCbor(payload), encodeCbor(again))) {
    throw new Failure('message/not-authentic', { reason: 'the two roots signed different lists' });
  }
  return payload;
}

function withAnchors(before: Provisioned, { version, anchors, time }: Payload<'ANCHORS'>, now: number): Provisioned {
  const named = Object.entries(anchors).filter(([, list]) => list !== undefined);
  const replaced = Object.fromEntries(named.map(([role]) => [role, before.anchors[role as keyof TrustAnchors] ?? []]));
  const still = (before.superseded ?? []).filter(({ until }) => now < until);
  return {
    ...before,
    anchors: { ...before.anchors, ...Object.fromEntries(named) },
    anchors_version: version,
    superseded: [{ anchors: replaced, until: time + overlapMs }, ...still].slice(0, 4),
  };
}
