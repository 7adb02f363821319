import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { instant } from '#shared/units.ts';
import { sha256 } from '#wire/signed-message.ts';
import { openMachineMessage } from './machine-message.ts';
import type { LicensingPorts, TlsAuthority } from './ports.ts';

type EnrolmentPorts = Pick<LicensingPorts, 'database' | 'clock' | 'entropy' | 'anchors'> & {
  readonly authority: TlsAuthority;
};

const minute = 60 * 1000;
const grantLifetime = 5 * minute;
/** From a little before now, for clocks that are behind. */
const slack = 5 * minute;
const certificateLifetime = 24 * 60 * minute - slack;

/** A nonce for one TLS_GRANT within five minutes, 16 bytes. */
export async function estNonce({ database, clock, entropy }: EnrolmentPorts, machine: string): Promise<Uint8Array> {
  const nonce = entropy.bytes(16);
  await database.query('delete from licensing.est_nonce where machine = $1 and expires < $2', [machine, clock.now()]);
  await database.query('insert into licensing.est_nonce (machine, nonce, expires) values ($1, $2, $3)', [
    machine,
    nonce,
    clock.now() + grantLifetime,
  ]);
  return nonce;
}

/**
 * A clientAuth certificate of at most 24 hours for desk's TLS key (RFC 7030 §4.2.1): `request` is its PKCS#10, `grant`
 * the cell's TLS_GRANT over the same key and our nonce. Answers PKCS#7 certs-only, DER.
 * @throws Failure `message/malformed`, `message/not-authentic`, `marketplace/duplicate` for a nonce that was used
 */
export async function enrolTlsKey(
  ports: EnrolmentPorts,
  machine: string,
  request: Uint8Array,
  grant: Uint8Array,
): Promise<Uint8Array> {
  const { authority, clock, database } = ports;
  const { payload } = openMachineMessage(ports, 'TLS_GRANT', machine, grant);
  const spki = authority.requestedKey(request);
  if (!sameBytes(sha256(spki), payload.spki)) {
    throw new Failure('message/not-authentic', { reason: 'the grant is for another key' });
  }
  const now = clock.now();
  if (payload.expires <= now || payload.expires > now + grantLifetime) {
    throw new Failure('message/not-authentic', { reason: 'the grant has run out, or lasts too long' });
  }
  await useNonce(ports, machine, payload.nonce);
  const expires = instant(now + certificateLifetime);
  const { certificate, serial } = await authority.issueClient(machine, spki, instant(now - slack), expires);
  await database.query('insert into licensing.tls_certificate (machine, serial, expires) values ($1, $2, $3)', [
    machine,
    serial,
    expires,
  ]);
  return authority.bundle([certificate]);
}

async function useNonce({ database, clock }: EnrolmentPorts, machine: string, nonce: Uint8Array): Promise<void> {
  const sql = 'delete from licensing.est_nonce where machine = $1 and nonce = $2 and expires >= $3 returning nonce';
  const used = await database.query(sql, [machine, nonce, clock.now()]);
  if (used.length === 0) throw new Failure('marketplace/duplicate', { reason: 'nonce unknown, used or too old' });
}
