import { Failure } from '#shared/failure.ts';
import type { Broker } from './courier.ts';

/** Stands where no broker is configured: machines fetch by REST, the outbox waits. */
export const noBroker: Broker = {
  publish: () => Promise.reject(new Failure('broker/unreachable', { reason: 'no broker is configured' })),
  onConnected: () => undefined,
};
