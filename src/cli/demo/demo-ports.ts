import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

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
  const wanted = Object.entries(ports);
  const free = await freePorts(wanted.filter(([, port]) => port === 0).length);
  return Object.fromEntries(
    wanted.map(([name, port]) => [name, port === 0 ? (free.pop() ?? 0) : port]),
  ) as unknown as DemoPorts;
}

/** Below the range from which systems take the ports of outgoing connections: none of those comes in between. */
const lowest = 20_000;
const beyond = 32_768;

/** Distinct ports of 127.0.0.1 on which nobody listens. They are not kept: listen soon. */
export async function freePorts(count: number): Promise<number[]> {
  const probes: Server[] = [];
  while (probes.length < count) {
    const probe = createServer();
    const isFree = await listens(probe, randomInt(lowest, beyond));
    if (isFree) probes.push(probe);
  }
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  for (const probe of probes) {
    probe.close();
    await once(probe, 'close');
  }
  return ports;
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('listening', () => resolve(true));
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1');
  });
}
