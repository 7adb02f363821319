import { buildCertificateRequest } from '#hsm/certificate-request.ts';
import { tokenSigner } from '#hsm/certificate-signer.ts';
import type { Token } from '#hsm/token.ts';
import { readClassKey } from '#recipes/class-key.ts';
import type { Clock } from '#shared/clock.ts';
import type { Disk } from '#shared/disk.ts';
import type { Entropy } from '#shared/entropy.ts';
import { sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { parseCertificate, spkiOf, type TrustAnchors, verifyChain } from '#wire/certificate-chain.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import { openMessage, sealMessage, sha256 } from '#wire/signed-message.ts';
import { writeProvisioned } from './identity.ts';

/** Labels of the machine's lasting keys. */
export const keyLabels = { identity: 'identity', transport: 'transport' } as const;
const classKeyLabel = (name: string, epoch: number): string => `class-${name}-${epoch}`;

export interface ProvisionPorts {
  readonly token: Token;
  /** The cell's folder. */
  readonly disk: Disk;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** Whose machine this is, and whom it shall believe. */
export interface ProvisionPlan {
  readonly machine: string;
  readonly name: string;
  readonly machineClass: string;
  /** Class whose key the machine shall hold. */
  readonly keyClass: string;
  readonly issuer: string;
  readonly anchors: TrustAnchors;
}

const noncePath = 'provisioning/transport-nonce';
const certificatePath = 'provisioning/identity.der';

/** Step 1: identity and state key in the token, and a certificate request for it. May be repeated. */
export async function requestIdentity(machine: string, { token }: ProvisionPorts): Promise<Uint8Array> {
  if (!token.hasKey(keyLabels.identity)) await token.generateSigningKey(keyLabels.identity, { rsaBits: 3072 });
  await token.ensureStateKey();
  const spki = token.publicKey(keyLabels.identity);
  return buildCertificateRequest({ subject: { CN: machine }, spki }, tokenSigner(token, keyLabels.identity, 'RS256'));
}

/** Step 2: with the machine's certificate, a one-time transport key and the signed request for a class key. */
export async function requestClassKey(
  plan: ProvisionPlan,
  certificate: Uint8Array,
  { token, disk, entropy }: ProvisionPorts,
): Promise<Uint8Array> {
  requireOwn(certificate, token);
  await disk.replace(certificatePath, certificate);
  if (token.hasKey(keyLabels.transport)) await token.destroyKey(keyLabels.transport);
  const spki = await token.generateUnwrapKey(keyLabels.transport, 3072);
  const nonce = entropy.bytes(16);
  await disk.replace(noncePath, nonce);
  const request = { machine: plan.machine, class: plan.keyClass, spki, nonce };
  return sealMessage('TRANSPORT_REQ', request, identitySigner(token, certificate));
}

/**
 * Step 3: the class key into the token, and what the machine believes onto its disk. After this the cell can start.
 * @throws Failure `machine/not-provisioned` without the steps before, `message/not-authentic`, `recipe/not-authentic` for the
 * class key's certificate, and what importing throws
 */
export async function finishProvisioning(
  plan: ProvisionPlan,
  answer: Uint8Array,
  ports: ProvisionPorts,
): Promise<void> {
  const { token, disk, clock } = ports;
  const certificate = await disk.read(certificatePath);
  const nonce = await disk.read(noncePath);
  if (certificate === null || nonce === null) throw new Failure('machine/not-provisioned', { step: 'class key' });
  const { payload } = openMessage('CLASS_KEY', answer, plan.anchors, clock.now());
  if (payload.machine !== plan.machine || !sameBytes(payload.nonce, nonce)) {
    throw new Failure('message/not-authentic', { reason: 'an answer to another request' });
  }
  const certified = readClassKey([payload.certificate], plan.anchors, clock.now());
  if (payload.class !== plan.keyClass || certified.class !== payload.class || certified.epoch !== payload.epoch) {
    throw new Failure('message/not-authentic', { reason: 'the key of another class or epoch' });
  }
  const label = classKeyLabel(payload.class, payload.epoch);
  const spki = await token.importClassKey({
    transportLabel: keyLabels.transport,
    classKeyLabel: label,
    wrappedKek: payload.kek,
    wrappedKey: payload.key,
  });
  if (!sameBytes(spki, certified.spki)) {
    await token.destroyKey(label);
    throw new Failure('message/not-authentic', { reason: 'the class key is not the certified one' });
  }
  await writeProvisioned(disk, {
    machine: plan.machine,
    name: plan.name,
    machine_class: plan.machineClass,
    issuer: plan.issuer,
    identity: { label: keyLabels.identity, chain: [certificate] },
    anchors: Object.fromEntries(Object.entries(plan.anchors).map(([role, list]) => [role, [...list]])),
    class_keys: [{ epoch: payload.epoch, label, digest: sha256(spki) }],
  });
  await disk.remove(noncePath);
}

/** The CA's answer must lead to an anchor too; the identity key signs from now on under this certificate. */
export function checkCertificate(plan: ProvisionPlan, certificate: Uint8Array, { clock }: ProvisionPorts): void {
  const party = verifyChain([certificate], 'machine', plan.anchors, clock.now());
  if (party.name !== plan.machine) throw new Failure('licence/other-machine', { sub: party.name });
}

function requireOwn(certificate: Uint8Array, token: Token): void {
  if (!sameBytes(spkiOf(parseCertificate(certificate).publicKey), token.publicKey(keyLabels.identity))) {
    throw new Failure('token/key-missing', { label: keyLabels.identity });
  }
}

function identitySigner(token: Token, certificate: Uint8Array): Signer {
  const sign = (message: Uint8Array): Promise<Uint8Array> => token.sign(keyLabels.identity, 'PS256', message);
  return { algorithm: 'PS256', chain: [certificate], sign };
}
