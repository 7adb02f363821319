import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { demoPlace } from './demo/demo-place.ts';

/** Where the parts of one machine lie on this computer. */
export interface MachinePlace {
  /** The state folder. */
  readonly root: string;
  readonly config: string;
  readonly cell: string;
  readonly journal: string;
  /** The technician's socket. */
  readonly serviceSocket: string;
  /** Desk's socket, which whoever buys licences needs. */
  readonly deskSocket: string;
  /** Folder of a soft token with its PIN file; null when the PIN is handed over by systemd. */
  readonly softToken: string | null;
}

const installedState = '/var/lib/decant';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The machine in the state folder `state` (`--state`), or by DECANT_STATE, or the demonstration here, or the one that is
 * installed. A folder with `cell/` directly below it is an installed machine's. DECANT_CONFIG and DECANT_SERVICE_SOCKET
 * stand over the usual paths where no folder was named.
 */
export function machinePlace(state: string | undefined, env: Environment = process.env): MachinePlace {
  const root = state ?? env['DECANT_STATE'] ?? usualState();
  const place = isInstalled(root) ? installed(root) : demonstration(root);
  if (state !== undefined) return place;
  return {
    ...place,
    config: env['DECANT_CONFIG'] ?? place.config,
    serviceSocket: env['DECANT_SERVICE_SOCKET'] ?? place.serviceSocket,
  };
}

function usualState(): string {
  return !existsSync('.decant') && isInstalled(installedState) ? installedState : '.decant';
}

function isInstalled(root: string): boolean {
  return existsSync(join(root, 'cell'));
}

function demonstration(root: string): MachinePlace {
  const { config, cell, sockets, machineToken } = demoPlace(root);
  return {
    root,
    config,
    cell,
    journal: join(cell, 'journal', 'journal.log'),
    serviceSocket: join(sockets, 'service', 'service.sock'),
    deskSocket: join(sockets, 'cell', 'cell.sock'),
    softToken: machineToken,
  };
}

function installed(root: string): MachinePlace {
  const cell = join(root, 'cell');
  return {
    root,
    config: '/etc/decant/machine.yaml',
    cell,
    journal: join(cell, 'journal', 'journal.log'),
    serviceSocket: '/run/decant/service/service.sock',
    deskSocket: '/run/decant/cell/cell.sock',
    softToken: null,
  };
}
