import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports of the demonstration, all on 127.0.0.1. The README has the same table. */
export interface DemoPorts {
  readonly touchscreen: number;
  readonly wallet: number;
  readonly esplora: number;
  readonly marketplace: number;
  readonly broker: number;
}

export const usualPorts: DemoPorts = {
  touchscreen: 8480,
  wallet: 8481,
  esplora: 8482,
  marketplace: 8443,
  broker: 8883,
};

/** The same ports with free ones in place of 0. */
export async function withFreePorts(ports: DemoPorts): Promise<DemoPorts> {
  const entries = await Promise.all(
    Object.entries(ports).map(async ([name, port]) => [name, port === 0 ? await freePort() : port] as const),
  );
  return Object.fromEntries(entries) as unknown as DemoPorts;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
