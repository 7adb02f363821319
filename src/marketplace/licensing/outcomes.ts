import { z } from 'zod';
import { hex, sameBytes } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { messages, type Payload } from '#wire/messages.ts';
import type { Authentic } from '#wire/signed-message.ts';
import { sealMessage } from '#wire/signed-message.ts';
import { bytes, whole } from '../database/columns.ts';
import { one, type Transaction } from '../database/database.ts';
import { issueLicence } from './issue-licence.ts';
import { openMachineMessage } from './machine-message.ts';
import type { LicensingPorts } from './ports.ts';
import { cancelReissue } from './reissue.ts';
import { lockGoodStanding, type Standing } from './standing.ts';

const outcomeRow = z.object({ digest: bytes, answer: bytes.nullable() });
const seqRow = z.object({ seq: whole });
const countRow = z.object({ count: whole });
const licenceRow = z
  .object({
    recipe: bytes,
    version: whole,
    manifest: bytes,
    terms: z.string().transform((text) => messages.LICENCE.schema.shape.terms.parse(JSON.parse(text))),
    window_nbf: whole.nullable(),
    window_exp: whole.nullable(),
  })
  .transform(({ window_nbf: nbf, window_exp: exp, ...licence }) => ({
    ...licence,
    window: nbf === null || exp === null ? undefined : { nbf, exp },
  }));

const dayMs = 24 * 3600 * 1000;

/**
 * Books what became of a use; answers USAGE_RECEIPT, or REFUSED `licence/spent` when something else was told about this use
 * before: a copy of the machine has poured it, too. An equal repeat gets the same answer.
 * @throws Failure `licence/none`, `machine/quarantined`
 */
export async function bookUsage(ports: LicensingPorts, machine: string, message: Uint8Array): Promise<Uint8Array> {
  const usage = openMachineMessage(ports, 'USAGE', machine, message);
  const booked = await ports.database.transaction(async (transaction) => {
    await lockGoodStanding(transaction, machine);
    const before = await toldBefore(transaction, usage);
    if (before?.differs) return contradiction(ports, usage);
    if (before?.answer) return before.answer;
    if ((await cancelReissue(transaction, machine, usage.payload.kid)) === 'too-late') {
      ports.log.error('use-told-after-reissue', { machine, kid: hex(usage.payload.kid), code: 'licence/spent' });
    }
    const receipt = { machine, usage: usage.digest, cti: usage.payload.cti, time: ports.clock.now() };
    const answer = await sealMessage('USAGE_RECEIPT', receipt, ports.signer);
    await licenceOf(transaction, usage.payload);
    await remember(ports, transaction, usage, 'usage', answer);
    return answer;
  });
  const { cti, result } = usage.payload;
  ports.log.info('usage-booked', { machine, cti: hex(cti), result });
  return booked;
}

/**
 * Re-issues a use that was burned without a drink: null when a licence for it follows, else REFUSED, with `licence/spent`
 * when something else was told about this use before. An equal repeat gets the same answer.
 * @throws Failure `licence/none`, `licence/prekeys-missing`, `machine/quarantined`
 */
export async function answerClaim(
  ports: LicensingPorts,
  machine: string,
  message: Uint8Array,
): Promise<Uint8Array | null> {
  const claim = openMachineMessage(ports, 'VOID_CLAIM', machine, message);
  const answer = await ports.database.transaction(async (transaction) => {
    const standing = await lockGoodStanding(transaction, machine);
    const before = await toldBefore(transaction, claim);
    if (before?.differs) return contradiction(ports, claim);
    if (before !== null) return before.answer;
    return judge(ports, transaction, standing, claim);
  });
  ports.outbox.wake();
  const { cti } = claim.payload;
  ports.log.info('claim-answered', { machine, cti: hex(cti), reissued: answer === null });
  return answer;
}

async function judge(
  ports: LicensingPorts,
  transaction: Transaction,
  standing: Standing,
  claim: Authentic<'VOID_CLAIM'>,
): Promise<Uint8Array | null> {
  await licenceOf(transaction, claim.payload);
  const code = await refusal(ports, transaction, claim.payload);
  if (code !== null) {
    const answer = await refused(ports, claim, code);
    await remember(ports, transaction, claim, 'claim', answer);
    return answer;
  }
  if (await isAnswered(transaction, claim)) {
    await remember(ports, transaction, claim, 'claim', null);
    return null;
  }
  const answer = await reissued(ports, transaction, standing, claim);
  await remember(ports, transaction, claim, 'claim', answer);
  return answer;
}

/** What was called back since is not licensed again: that is an answer, too. */
async function reissued(
  ports: LicensingPorts,
  transaction: Transaction,
  standing: Standing,
  claim: Authentic<'VOID_CLAIM'>,
): Promise<Uint8Array | null> {
  const licence = await licenceOf(transaction, claim.payload);
  try {
    await issueLicence(ports, transaction, standing, { ...licence, quantity: 1, because: { replaces: claim.digest } });
    return null;
  } catch (error) {
    // nothing was written yet
    if (!isFailure(error, 'recipe/revoked', 'machine/revoked')) throw error;
    return refused(ports, claim, error.code);
  }
}

async function refusal(
  { clock, policy }: LicensingPorts,
  transaction: Transaction,
  { machine, kid, pieces }: Payload<'VOID_CLAIM'>,
): Promise<string | null> {
  if (pieces > policy.freePieces) return 'licence/claim-refused';
  if ((await cancelReissue(transaction, machine, kid)) === 'too-late') return 'licence/spent';
  const sql = `select count(*) as count from licensing.outcome
    where machine = $1 and kind = 'claim' and answer is null and at > $2`;
  const granted = await one(transaction, countRow, sql, [machine, clock.now() - dayMs]);
  return (granted?.count ?? 0) < policy.reissuesPerDay ? null : 'licence/claims-capped';
}

type Told = Authentic<'USAGE'> | Authentic<'VOID_CLAIM'>;

/** Two stories about one use: somebody has run the machine from a copy. */
function contradiction(ports: LicensingPorts, told: Told): Promise<Uint8Array> {
  const { machine, kid, cti } = told.payload;
  ports.log.error('use-told-twice', { machine, cti: hex(cti), kid: hex(kid), code: 'licence/spent' });
  return refused(ports, told, 'licence/spent');
}

function refused({ clock, signer }: LicensingPorts, { payload, digest }: Told, code: string): Promise<Uint8Array> {
  return sealMessage('REFUSED', { machine: payload.machine, request: digest, code, time: clock.now() }, signer);
}

/** Whether a licence that the machine has brought back after a restore answers the claim. */
async function isAnswered(transaction: Transaction, { payload, digest }: Authentic<'VOID_CLAIM'>): Promise<boolean> {
  const sql = 'select seq from licensing.licence where machine = $1 and replaces = $2';
  return (await one(transaction, seqRow, sql, [payload.machine, digest])) !== null;
}

/** The answer to the same message; `differs` when another one was told about this use. */
async function toldBefore(
  transaction: Transaction,
  { payload, digest }: Told,
): Promise<{ readonly answer: Uint8Array | null; readonly differs: boolean } | null> {
  const sql = 'select digest, answer from licensing.outcome where machine = $1 and kid = $2';
  const row = await one(transaction, outcomeRow, sql, [payload.machine, payload.kid]);
  if (row === null) return null;
  return sameBytes(row.digest, digest) ? { answer: row.answer, differs: false } : { answer: null, differs: true };
}

/** What the use was licensed for; @throws Failure `licence/none` */
export async function licenceOf(
  transaction: Transaction,
  { machine, kid, cti }: { machine: string; kid: Uint8Array; cti: Uint8Array },
): Promise<z.output<typeof licenceRow>> {
  const sql = `select recipe, version, manifest, terms, window_nbf, window_exp from licensing.licence
    join licensing.slot using (machine, cti) where machine = $1 and cti = $2 and kid = $3`;
  const licence = await one(transaction, licenceRow, sql, [machine, cti, kid]);
  if (licence === null) throw new Failure('licence/none', { machine });
  return licence;
}

async function remember(
  { clock }: LicensingPorts,
  transaction: Transaction,
  { payload, digest, bytes: message }: Told,
  kind: 'usage' | 'claim',
  answer: Uint8Array | null,
): Promise<void> {
  await transaction.query(
    `insert into licensing.outcome (machine, kid, kind, digest, at, message, answer)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [payload.machine, payload.kid, kind, digest, clock.now(), message, answer],
  );
}
