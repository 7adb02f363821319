import type { Token } from '#hsm/token.ts';
import { type ClassKey, readClassKey } from '#recipes/class-key.ts';
import { fromHex, hex, sameBytes } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sha256 } from '#wire/signed-message.ts';
import { classKeyLabel, type HeldClassKey, readProvisioned } from '../identity.ts';
import type { Audit } from './audit.ts';
import { requireRoomFor } from './epochs.ts';
import { keyLabels, paths } from './names.ts';
import { requireInOrder } from './read-back.ts';
import type { MachineToken, ProvisionRun, StepInput, StepOutcome } from './run.ts';

/**
 * CLASS_KEY into the token. The transport key dies last in it, so a class key beside which none lies came in whole; every
 * other state after a cut is destroyed, and where the transport key is gone with it a new one is asked for.
 * @throws Failure `message/not-authentic`, `recipe/not-authentic` for the class key's certificate, `provision/epoch-held`,
 * `provision/epoch-too-old`, `token/unwrap-refused`
 */
export async function takeClassKey(
  run: ProvisionRun,
  { token, objects }: MachineToken,
  { resume, input }: StepInput,
): Promise<StepOutcome> {
  const { payload, certified } = await openAnswer(run, input ?? new Uint8Array(0));
  // a machine that is not in service yet holds none that could be kept
  const held = run.audit.progress?.sequence === 'epoch' ? (await readProvisioned(run.ports.disk)).class_keys : [];
  requireRoomFor(certified.epoch, held);
  const label = classKeyLabel(certified.class, certified.epoch);
  const whole = resume && cameInWhole(token, label, certified);
  await destroyUnheld(token, whole ? [...held.map((key) => key.label), label] : held.map((key) => key.label));
  if (!whole) {
    if (!token.hasKey(keyLabels.transport)) {
      return { t: 'undone', from: 'transport', facts: { reason: 'the transport key is gone' } };
    }
    await bringIn(token, label, payload, certified);
  }
  requireInOrder(
    objects().filter((object) => object.label === label),
    ['class key'],
  );
  const facts = { label, epoch: certified.epoch, spki: hex(sha256(certified.spki)) };
  return { t: 'done', digest: sha256(input ?? new Uint8Array(0)), facts };
}

/** The class key that the audit record says was taken last. @throws Failure `machine/not-provisioned` */
export function takenClassKey(audit: Audit): HeldClassKey {
  const { label, epoch, spki } = audit.factsOf('done', 'class-key') ?? {};
  if (typeof label !== 'string' || typeof epoch !== 'number' || typeof spki !== 'string') {
    throw new Failure('machine/not-provisioned', { step: 'class-key' });
  }
  return { label, epoch, digest: fromHex(spki) };
}

interface Answer {
  readonly payload: Payload<'CLASS_KEY'>;
  readonly certified: ClassKey;
}

async function openAnswer({ plan, ports }: ProvisionRun, answer: Uint8Array): Promise<Answer> {
  const nonce = await ports.disk.read(paths.nonce);
  if (nonce === null) throw new Failure('machine/not-provisioned', { step: 'transport' });
  const { payload } = openMessage('CLASS_KEY', answer, plan.anchors, ports.clock.now());
  if (payload.machine !== plan.machine || !sameBytes(payload.nonce, nonce)) {
    throw new Failure('message/not-authentic', { reason: 'an answer to another request' });
  }
  const certified = readClassKey([payload.certificate], plan.anchors, ports.clock.now());
  if (payload.class !== plan.keyClass || certified.class !== payload.class || certified.epoch !== payload.epoch) {
    throw new Failure('message/not-authentic', { reason: 'the key of another class or epoch' });
  }
  return { payload, certified };
}

function cameInWhole(token: Token, label: string, certified: ClassKey): boolean {
  return token.hasKey(label) && !token.hasKey(keyLabels.transport) && sameBytes(token.publicKey(label), certified.spki);
}

/** What a cut left of an import: a class key that nobody has verified. */
async function destroyUnheld(token: Token, held: readonly string[]): Promise<void> {
  for (const label of token.listKeys('class-')) if (!held.includes(label)) await token.destroyKey(label);
}

async function bringIn(token: Token, label: string, payload: Payload<'CLASS_KEY'>, certified: ClassKey): Promise<void> {
  const spki = await token.importClassKey({
    transportLabel: keyLabels.transport,
    classKeyLabel: label,
    wrappedKek: payload.kek,
    wrappedKey: payload.key,
  });
  if (sameBytes(spki, certified.spki)) return;
  await token.destroyKey(label);
  throw new Failure('message/not-authentic', { reason: 'the class key is not the certified one' });
}
