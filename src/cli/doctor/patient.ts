import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Provisioned, readProvisioned } from '#cell/identity.ts';
import { type ConfigMistake, readConfig } from '#shared/config.ts';
import { isFailure } from '#shared/failure.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import { type MachineConfig, machineConfig } from '#wire/machine-config.ts';
import type { MachinePlace } from '../machine-place.ts';
import { askCell } from '../service-client.ts';

/** What doctor knows of a machine before it judges. */
export interface Patient {
  readonly place: MachinePlace;
  readonly config: MachineConfig | null;
  /** Why there is no configuration. */
  readonly configTrouble: { readonly mistakes: readonly ConfigMistake[] } | { readonly reason: string } | null;
  readonly provisioned: Provisioned | 'missing' | 'no-access';
  readonly status: CellStatus | null;
  /** PEM of the marketplace's pinned CA; null when it cannot be read. */
  readonly ca: string | null;
}

/** Reads what can be read, and asks the cell. */
export async function meetPatient(place: MachinePlace): Promise<Patient> {
  const read = await configOf(place.config);
  const config = 'value' in read ? read.value : null;
  return {
    place,
    config,
    configTrouble: 'value' in read ? null : read,
    provisioned: await provisionedOf(place),
    status: await statusOf(place.serviceSocket),
    ca: config === null ? null : await pemOf(resolve(dirname(place.config), config.marketplace.ca)),
  };
}

async function configOf(file: string) {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return { reason: (error as NodeJS.ErrnoException).code ?? 'unknown' };
  }
  const read = readConfig(text, machineConfig);
  return read.ok ? { value: read.value } : { mistakes: read.mistakes };
}

async function provisionedOf({ cell }: MachinePlace): Promise<Patient['provisioned']> {
  try {
    return await readProvisioned(systemDisk(cell));
  } catch (error) {
    if (isFailure(error, 'disk/failed')) return 'no-access';
    if (isFailure(error)) return 'missing';
    throw error;
  }
}

async function statusOf(socket: string): Promise<CellStatus | null> {
  try {
    return await askCell(socket, 'status', {});
  } catch (error) {
    if (isFailure(error)) return null;
    throw error;
  }
}

async function pemOf(file: string): Promise<string | null> {
  try {
    const pem = await readFile(file, 'utf8');
    return new X509Certificate(pem).ca ? pem : null;
  } catch {
    return null;
  }
}
