import { Failure } from '#shared/failure.ts';
import type { MessageName, Payload } from '#wire/messages.ts';
import { type Authentic, openMessage } from '#wire/signed-message.ts';
import type { LicensingPorts } from './ports.ts';

type MachineMessage = {
  [N in MessageName]: Payload<N> extends { machine: string } ? N : never;
}[MessageName];

/**
 * A message that `machine`, who holds the access token, signed about itself.
 * @throws Failure `message/too-large`, `message/malformed`, `message/not-authentic`
 */
export function openMachineMessage<N extends MachineMessage>(
  ports: Pick<LicensingPorts, 'anchors' | 'clock'>,
  name: N,
  machine: string,
  bytes: Uint8Array,
): Authentic<N> {
  const message = openMessage(name, bytes, ports.anchors, ports.clock.now());
  const { machine: told } = message.payload as { machine: string };
  if (told !== machine || message.from.name !== machine) {
    throw new Failure('message/not-authentic', { reason: 'another machine than the one that is logged in' });
  }
  return message;
}
