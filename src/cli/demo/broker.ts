import { startEmbeddedBroker } from './embedded-broker.ts';
import { findMosquitto, startMosquitto } from './mosquitto.ts';
import type { BrokerOptions, RunningBroker } from './running-broker.ts';

export type { BrokerOptions, RunningBroker } from './running-broker.ts';

/**
 * Starts mosquitto as a child process, or the embedded broker where mosquitto is not installed.
 * @throws Failure `config/port-taken`, `broker/unreachable` when mosquitto ends at once
 */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const mosquitto = options.embedded ? null : await findMosquitto();
  return mosquitto === null ? startEmbeddedBroker(options) : startMosquitto(mosquitto, options);
}
