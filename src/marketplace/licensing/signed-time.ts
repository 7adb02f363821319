import { sealMessage } from '#wire/signed-message.ts';
import type { LicensingPorts } from './ports.ts';

/** TIME: the time now, for the machine whose cell made this nonce. */
export function signedTime(
  { clock, signer }: Pick<LicensingPorts, 'clock' | 'signer'>,
  machine: string,
  nonce: Uint8Array,
): Promise<Uint8Array> {
  return sealMessage('TIME', { machine, nonce, time: clock.now() }, signer);
}
