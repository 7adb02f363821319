import { z } from 'zod';
import type { CertificateRequest } from '#hsm/certificate-request.ts';
import type { Clock } from '#shared/clock.ts';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { MachineClaims, TrustAnchors } from '#wire/certificate-chain.ts';
import { openMessage } from '#wire/signed-message.ts';
import { bytes } from '../database/columns.ts';
import { type Database, one } from '../database/database.ts';

/** Issues machines' certificates (LDevID). */
export interface MachineAuthority {
  /** Reads a PKCS#10 request and checks that it is signed with the key in it; @throws Failure `message/malformed`. */
  requested(request: Uint8Array): CertificateRequest;
  /** A certificate of role machine, DER; the claims about its token are the maker's. */
  issueMachine(machine: string, spki: Uint8Array, claims: MachineClaims): Promise<Uint8Array>;
  /** PKCS#7 certs-only, DER. */
  bundle(certificates: readonly Uint8Array[]): Uint8Array;
}

export interface LdevidPorts {
  readonly database: Database;
  readonly clock: Clock;
  /** Roots of makers. */
  readonly anchors: TrustAnchors;
  readonly authority: MachineAuthority;
  /** Writes the enrolment record. */
  enrol(certificate: Uint8Array): Promise<string>;
}

const used = z.object({ spki: bytes, certificate: bytes });

/**
 * A machine's first certificate by EST (RFC 7030 §4.2): `request` is its PKCS#10, `voucher` the maker's word that this machine
 * may have one and what its token is. A voucher is good for one key; the same request again gets the same answer.
 * @throws Failure `message/malformed`, `message/not-authentic`, `licence/other-machine`, `provision/voucher-used`,
 * `marketplace/duplicate` for a machine that is enrolled already
 */
export async function enrolLdevid(ports: LdevidPorts, request: Uint8Array, voucher: Uint8Array): Promise<Uint8Array> {
  const { database, clock, anchors, authority } = ports;
  const { payload } = openMessage('VOUCHER', voucher, anchors, clock.now());
  if (clock.now() >= payload.expires) throw new Failure('message/not-authentic', { reason: 'the voucher has run out' });
  const { subject, spki } = authority.requested(request);
  const { machine } = payload;
  if (subject.CN !== machine) throw new Failure('licence/other-machine', { sub: subject.CN });
  const before = await usedVoucher(database, payload.voucher);
  if (before !== null) return again(before, spki, authority);
  await requireNew(database, machine);
  const claims = { tokenClass: payload.token_class, profile: payload.profile };
  const certificate = await authority.issueMachine(machine, spki, claims);
  const sql = `insert into accounts.voucher (voucher, machine, spki, certificate) values ($1, $2, $3, $4)
    on conflict (voucher) do nothing`;
  await database.query(sql, [payload.voucher, machine, spki, certificate]);
  // of two requests at once the first one's certificate stands
  const stands = await usedVoucher(database, payload.voucher);
  if (stands === null || !sameBytes(stands.spki, spki)) throw new Failure('provision/voucher-used', { machine });
  await ports.enrol(stands.certificate);
  return authority.bundle([stands.certificate]);
}

function usedVoucher(database: Database, voucher: Uint8Array): Promise<z.output<typeof used> | null> {
  return one(database, used, 'select spki, certificate from accounts.voucher where voucher = $1', [voucher]);
}

function again(before: z.output<typeof used>, spki: Uint8Array, authority: MachineAuthority): Uint8Array {
  if (!sameBytes(before.spki, spki)) throw new Failure('provision/voucher-used');
  return authority.bundle([before.certificate]);
}

/** Another token for a machine that has one is a decision of people, not of whoever holds a voucher. */
async function requireNew(database: Database, machine: string): Promise<void> {
  const rows = await database.query('select 1 from accounts.machine where machine = $1', [machine]);
  if (rows.length > 0) throw new Failure('marketplace/duplicate', { machine });
}
