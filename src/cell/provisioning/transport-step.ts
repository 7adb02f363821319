import type { Token } from '#hsm/token.ts';
import { Failure } from '#shared/failure.ts';
import type { Signer } from '#wire/cose-sign1.ts';
import { sealMessage, sha256 } from '#wire/signed-message.ts';
import { keyLabels, paths } from './names.ts';
import { requireInOrder } from './read-back.ts';
import type { MachineToken, ProvisionRun, StepOutcome } from './run.ts';

/** A one-time transport key, and the signed request for a class key to be wrapped to it. One that was there is destroyed. */
export async function requestClassKey(run: ProvisionRun, { token, objects }: MachineToken): Promise<StepOutcome> {
  const { plan, ports, exchange } = run;
  const { disk, entropy } = ports;
  const certificate = await disk.read(paths.certificate);
  if (certificate === null) throw new Failure('machine/not-provisioned', { file: paths.certificate });
  if (token.hasKey(keyLabels.transport)) await token.destroyKey(keyLabels.transport);
  // an answer to a request before this one must find nothing
  await exchange.erase('class-key');
  const spki = await token.generateUnwrapKey(keyLabels.transport, 3072);
  requireInOrder(objects(), ['transport key']);
  const nonce = entropy.bytes(16);
  await disk.replace(paths.nonce, nonce);
  const request = { machine: plan.machine, class: plan.keyClass, spki, nonce };
  const message = await sealMessage('TRANSPORT_REQ', request, identitySigner(token, certificate));
  await disk.replace(paths.transport, message);
  await exchange.send('transport', message);
  return { t: 'done', digest: sha256(message), facts: { class: plan.keyClass } };
}

function identitySigner(token: Token, certificate: Uint8Array): Signer {
  const sign = (message: Uint8Array): Promise<Uint8Array> => token.sign(keyLabels.identity, 'PS256', message);
  return { algorithm: 'PS256', chain: [certificate], sign };
}
