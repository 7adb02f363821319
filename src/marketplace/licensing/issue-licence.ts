import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Payload } from '#wire/messages.ts';
import { sealMessage } from '#wire/signed-message.ts';
import type { Transaction } from '../database/database.ts';
import { findDeposit } from './deposits.ts';
import type { LicensingPorts } from './ports.ts';
import { assignPrekeys } from './prekeys.ts';
import { isRecalled, requireServed } from './revocations.ts';
import type { Standing } from './standing.ts';
import { nextStatusIdx, statusListOf } from './status-list.ts';
import { storeLicence } from './store-licence.ts';

/** What is to be licensed, and why. */
export interface Grounds {
  readonly recipe: Uint8Array;
  readonly version: number;
  readonly manifest: Uint8Array;
  readonly quantity: number;
  readonly terms: Payload<'LICENCE'>['terms'];
  /** Of terms `window`: from when and until when, seconds since 1970. */
  readonly window?: { readonly nbf: number; readonly exp: number } | undefined;
  readonly because:
    | { readonly order: Uint8Array }
    | { readonly replaces: Uint8Array }
    | { readonly reissues: { readonly cti: Uint8Array; readonly kids: Uint8Array[] } };
}

/** Machines' clocks may be this much behind, in seconds. */
const clockSlack = 600;

/**
 * Issues the machine's next licence: one prekey for each use, the content key wrapped to it inside the token, the
 * message stored and put into the outbox, all in `transaction`. Answers its sequence number.
 * @throws Failure `recipe/unknown`, `recipe/digest-mismatch`, `recipe/revoked`, `machine/revoked`, `licence/prekeys-missing`
 */
export async function issueLicence(
  ports: LicensingPorts,
  transaction: Transaction,
  { machine, seq: last }: Standing,
  grounds: Grounds,
): Promise<number> {
  const { recipe, version } = grounds;
  const deposit = await findDeposit(transaction, recipe, version);
  if (deposit === null) throw new Failure('recipe/unknown', {});
  if (!sameBytes(deposit.manifest, grounds.manifest)) throw new Failure('recipe/digest-mismatch', {});
  await requireServed(transaction, machine);
  const { author } = deposit;
  if (await isRecalled(transaction, { recipe, version, author }, Math.floor(ports.clock.now() / 1000))) {
    throw new Failure('recipe/revoked', {});
  }
  const seq = last + 1;
  const prekeys = await assignPrekeys(transaction, machine, seq, grounds.quantity);
  const cti = ports.entropy.bytes(16);
  const slots = await Promise.all(
    prekeys.map(async ({ kid, spki }) => ({
      kid,
      content_key: await ports.contentKeys.rewrap(deposit.contentKey, spki),
    })),
  );
  const status = { list: statusListOf(ports.issuer), idx: await nextStatusIdx(transaction) };
  const licence = claims(ports, machine, grounds, { seq, cti, slots, status });
  const message = await sealMessage('LICENCE', licence, ports.signer);
  const issued = ports.clock.now();
  await storeLicence(transaction, licence, message, { issued, statusIdx: status.idx, acknowledged: false });
  await transaction.query('update licensing.standing set seq = $2 where machine = $1', [machine, seq]);
  await ports.outbox.put(transaction, machine, message);
  return seq;
}

type Licence = Payload<'LICENCE'>;

function claims(
  { clock, issuer, policy }: LicensingPorts,
  machine: string,
  { recipe, version, manifest, terms, window, because }: Grounds,
  { seq, cti, slots, status }: Pick<Licence, 'seq' | 'cti' | 'slots' | 'status'>,
): Licence {
  const iat = Math.floor(clock.now() / 1000);
  return {
    iss: issuer,
    sub: machine,
    cti,
    iat,
    nbf: window?.nbf ?? iat - clockSlack,
    exp: window?.exp ?? iat + policy.licenceSeconds,
    seq,
    ...because,
    recipe,
    version,
    manifest,
    terms,
    slots,
    status,
  };
}
