import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where everything of a demonstration lies below its state folder: one folder for each role. */
export interface DemoPlace {
  readonly root: string;
  readonly maker: string;
  readonly author: string;
  readonly marketplace: string;
  readonly broker: string;
  readonly machine: string;
  readonly machineToken: string;
  readonly cell: string;
  readonly desk: string;
  readonly config: string;
  readonly ca: string;
  readonly logs: string;
  /** Folder of the cell's sockets. */
  readonly sockets: string;
}

/** A Unix socket's path holds 107 bytes. */
const longestSocketFolder = 90;

export function demoPlace(state: string): DemoPlace {
  const root = resolve(state);
  const machine = join(root, 'machine');
  const near = join(machine, 'run');
  const short = createHash('sha256').update(root).digest('hex').slice(0, 16);
  return {
    root,
    maker: join(root, 'maker'),
    author: join(root, 'author'),
    marketplace: join(root, 'marketplace'),
    broker: join(root, 'broker'),
    machine,
    machineToken: join(machine, 'token'),
    cell: join(machine, 'cell'),
    desk: join(machine, 'desk'),
    config: join(machine, 'machine.yaml'),
    ca: join(machine, 'marketplace-ca.pem'),
    logs: join(root, 'logs'),
    sockets: near.length <= longestSocketFolder ? near : join(tmpdir(), `decant-${short}`),
  };
}
