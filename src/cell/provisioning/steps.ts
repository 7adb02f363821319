import { buildCertificateRequest } from '#hsm/certificate-request.ts';
import { tokenSigner } from '#hsm/certificate-signer.ts';
import type { Token } from '#hsm/token.ts';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { silentLog } from '#shared/log.ts';
import { machineClaims, parseCertificate, spkiOf, verifyChain } from '#wire/certificate-chain.ts';
import { sha256 } from '#wire/signed-message.ts';
import { openBooks } from '../books.ts';
import { openIdentity, readProvisioned, writeProvisioned } from '../identity.ts';
import { freePrekeys } from '../licences/ledger.ts';
import { destroyLeftovers, pendingPrekeys } from '../prekeys.ts';
import { addEpoch } from './add-epoch-step.ts';
import { takeClassKey, takenClassKey } from './class-key-step.ts';
import { keyLabels, paths } from './names.ts';
import { requireEmpty, requireInOrder } from './read-back.ts';
import type { MachineToken, ProvisionRun, Received, StepInput, StepOutcome } from './run.ts';
import type { Step } from './sequence.ts';
import { requestClassKey } from './transport-step.ts';

type StepWork = (run: ProvisionRun, machine: MachineToken, given: StepInput) => Promise<StepOutcome>;

/** What a step waits for before it begins; null for nothing. */
export function incoming(step: Step): Received | null {
  return step === 'certificate' || step === 'class-key' ? step : null;
}

/** Does one step; every one may be repeated after it was cut off at any point. */
export async function runStep(step: Step, run: ProvisionRun, given: StepInput): Promise<StepOutcome> {
  return works[step](run, await run.ports.openToken(), given);
}

const works: Readonly<Record<Step, StepWork>> = {
  token: async (_run, machine) => {
    // a token that cannot unwrap takes no class key: better said now than five steps later
    if (machine.token.profile === 'S') throw new Failure('token/mechanism-missing', { mechanism: 'C_UnwrapKey' });
    requireEmpty(machine.objects());
    const { label, serial, tokenClass } = machine.token;
    return { t: 'done', facts: { label, serial, class: tokenClass } };
  },
  identity: makeIdentity,
  'state-key': async (_run, { token, objects }) => {
    await token.ensureStateKey();
    requireInOrder(objects(), ['state key']);
    return { t: 'done' };
  },
  request: makeRequest,
  certificate: takeCertificate,
  transport: requestClassKey,
  'class-key': takeClassKey,
  anchors: writeAnchors,
  prekeys: makePrekeys,
  epochs: addEpoch,
  'read-back': readBack,
};

async function makeIdentity(
  { plan }: ProvisionRun,
  machine: MachineToken,
  { resume }: StepInput,
): Promise<StepOutcome> {
  const { token } = machine;
  // made and not yet written down: nobody has seen its public half
  if (resume && token.hasKey(keyLabels.identity)) await token.destroyKey(keyLabels.identity);
  const rsaBits = plan.identityBits ?? 3072;
  const spki = await token.generateSigningKey(keyLabels.identity, { rsaBits });
  requireInOrder(machine.objects(), ['identity']);
  return { t: 'done', digest: sha256(spki), facts: { bits: rsaBits } };
}

async function makeRequest(run: ProvisionRun, { token }: MachineToken): Promise<StepOutcome> {
  const { plan, ports, exchange } = run;
  const spki = token.publicKey(keyLabels.identity);
  const signer = tokenSigner(token, keyLabels.identity, 'RS256');
  const request = await buildCertificateRequest({ subject: { CN: plan.machine }, spki }, signer);
  await ports.disk.replace(paths.request, request);
  await exchange.send('request', request);
  return { t: 'done', digest: sha256(request) };
}

/** The CA's answer must lead to an anchor, be for this machine and its key, and claim no better token than this one. */
async function takeCertificate(run: ProvisionRun, { token }: MachineToken, { input }: StepInput): Promise<StepOutcome> {
  const { plan, ports } = run;
  const certificate = input ?? new Uint8Array(0);
  const party = verifyChain([certificate], 'machine', plan.anchors, ports.clock.now());
  if (party.name !== plan.machine) throw new Failure('licence/other-machine', { sub: party.name });
  requireOwn(certificate, token);
  const { tokenClass, profile } = machineClaims(party.certificate);
  await ports.disk.replace(paths.certificate, certificate);
  return { t: 'done', digest: sha256(certificate), facts: { class: tokenClass, profile } };
}

function requireOwn(certificate: Uint8Array, token: Token): void {
  if (!sameBytes(spkiOf(parseCertificate(certificate).publicKey), token.publicKey(keyLabels.identity))) {
    throw new Failure('token/key-missing', { label: keyLabels.identity });
  }
}

/** Whom the machine believes, and which class key it holds: after this the cell can start. */
async function writeAnchors({ plan, ports, exchange, audit }: ProvisionRun): Promise<StepOutcome> {
  await exchange.erase('class-key');
  const certificate = await ports.disk.read(paths.certificate);
  if (certificate === null) throw new Failure('machine/not-provisioned', { file: paths.certificate });
  const bytes = await writeProvisioned(ports.disk, {
    machine: plan.machine,
    name: plan.name,
    machine_class: plan.machineClass,
    issuer: plan.issuer,
    identity: { label: keyLabels.identity, chain: [certificate] },
    anchors: Object.fromEntries(Object.entries(plan.anchors).map(([role, list]) => [role, [...list]])),
    class_keys: [takenClassKey(audit)],
  });
  return { t: 'done', digest: sha256(bytes), facts: { roles: Object.keys(plan.anchors).sort().join(' ') } };
}

/** The first pool; its message lies in the journal until licensing has booked it. */
async function makePrekeys({ plan, ports }: ProvisionRun, { token }: MachineToken): Promise<StepOutcome> {
  if (plan.prekeys === undefined) return { t: 'done', facts: { left_to: 'cell' } };
  const { disk, clock, entropy } = ports;
  await using books = await openBooks(disk);
  const log = silentLog;
  await destroyLeftovers({ token, books, log });
  const identity = openIdentity(await readProvisioned(disk), token, clock);
  const { bits, count } = plan.prekeys;
  const idle = (): boolean => true;
  const message = await pendingPrekeys({
    token,
    books,
    identity,
    clock,
    entropy,
    log,
    bits,
    low: 1,
    batch: count,
    idle,
  });
  const digest = message === null ? null : sha256(message);
  return { t: 'done', digest, facts: { keys: freePrekeys(books.ledger).length } };
}

/** Last: every object of the token against the table, and nothing left over. */
async function readBack({ ports }: ProvisionRun, { objects }: MachineToken): Promise<StepOutcome> {
  const { class_keys } = await readProvisioned(ports.disk);
  const all = objects();
  requireInOrder(
    all,
    ['identity', 'state key', 'class key'],
    class_keys.map(({ label }) => label),
  );
  await ports.disk.remove(paths.nonce);
  return { t: 'done', digest: sha256(Buffer.from(JSON.stringify(all))), facts: { objects: all.length } };
}
