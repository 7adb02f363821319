import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Payload } from '#wire/messages.ts';
import { sealMessage } from '#wire/signed-message.ts';
import type { Transaction } from '../database/database.ts';
import { findDeposit } from './deposits.ts';
import type { LicensingPorts } from './ports.ts';
import { assignPrekeys, type Prekey } from './prekeys.ts';
import type { Standing } from './standing.ts';

/** What is to be licensed, and why. */
export interface Grounds {
  readonly recipe: Uint8Array;
  readonly version: number;
  readonly manifest: Uint8Array;
  readonly quantity: number;
  readonly terms: Payload<'LICENCE'>['terms'];
  readonly because: { readonly order: Uint8Array } | { readonly replaces: Uint8Array };
}

/** Machines' clocks may be this much behind, in seconds. */
const clockSlack = 600;

/**
 * Issues the machine's next licence: one prekey for each use, the content key wrapped to it inside the token, the
 * message stored and put into the outbox, all in `transaction`. Answers its sequence number.
 * @throws Failure `recipe/unknown`, `recipe/digest-mismatch`, `licence/prekeys-missing`
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
  const seq = last + 1;
  const prekeys = await assignPrekeys(transaction, machine, seq, grounds.quantity);
  const cti = ports.entropy.bytes(16);
  const slots = await Promise.all(
    prekeys.map(async ({ kid, spki }) => ({
      kid,
      content_key: await ports.contentKeys.rewrap(deposit.contentKey, spki),
    })),
  );
  const message = await sealMessage('LICENCE', claims(ports, machine, seq, cti, grounds, slots), ports.signer);
  await store(ports, transaction, machine, seq, cti, grounds, prekeys, message);
  await ports.outbox.put(transaction, machine, message);
  return seq;
}

function claims(
  { clock, issuer, policy }: LicensingPorts,
  machine: string,
  seq: number,
  cti: Uint8Array,
  { recipe, version, manifest, terms, because }: Grounds,
  slots: Payload<'LICENCE'>['slots'],
): Payload<'LICENCE'> {
  const iat = Math.floor(clock.now() / 1000);
  return {
    iss: issuer,
    sub: machine,
    cti,
    iat,
    nbf: iat - clockSlack,
    exp: iat + policy.licenceSeconds,
    seq,
    ...because,
    recipe,
    version,
    manifest,
    terms,
    slots,
    status: { list: `${issuer}/v1/status/1`, idx: seq },
  };
}

async function store(
  { clock }: LicensingPorts,
  transaction: Transaction,
  machine: string,
  seq: number,
  cti: Uint8Array,
  { recipe, version, manifest, terms, because }: Grounds,
  prekeys: readonly Prekey[],
  message: Uint8Array,
): Promise<void> {
  await transaction.query(
    `insert into licensing.licence (machine, seq, cti, recipe, version, manifest, terms, issued, replaces, message)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      machine,
      seq,
      cti,
      recipe,
      version,
      manifest,
      JSON.stringify(terms),
      clock.now(),
      'replaces' in because ? because.replaces : null,
      message,
    ],
  );
  for (const { kid } of prekeys) {
    await transaction.query('insert into licensing.slot (machine, kid, cti) values ($1, $2, $3)', [machine, kid, cti]);
  }
  await transaction.query('update licensing.standing set seq = $2 where machine = $1', [machine, seq]);
}
