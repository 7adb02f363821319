import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure } from '#shared/failure.ts';

/** Where a private SoftHSM lives. */
export interface SofthsmPlace {
  /** Value for SOFTHSM2_CONF, to be set before the module is loaded. */
  readonly configFile: string;
  /** For `openToken`. */
  readonly tokensFolder: string;
}

/** The paths of a private SoftHSM below `folder`, written or not. */
export function softhsmPlace(folder: string): SofthsmPlace {
  const root = resolve(folder);
  return { configFile: join(root, 'softhsm2.conf'), tokensFolder: join(root, 'tokens') };
}

/**
 * Writes a SoftHSM configuration of its own below `folder` (mode 0600, folders 0700), again with the same result.
 * @throws Failure `disk/failed`
 */
export async function writeSofthsmConfig(folder: string): Promise<SofthsmPlace> {
  const place = softhsmPlace(folder);
  const lines = [
    `directories.tokendir = ${place.tokensFolder}`,
    'objectstore.backend = file',
    // the module writes to syslog; its INFO lines name objects
    'log.level = ERROR',
    'slots.removable = false',
  ];
  try {
    await mkdir(place.tokensFolder, { recursive: true, mode: 0o700 });
    await chmod(place.tokensFolder, 0o700);
    await writeFile(place.configFile, `${lines.join('\n')}\n`, { mode: 0o600 });
    await chmod(place.configFile, 0o600);
  } catch (error) {
    throw new Failure('disk/failed', { path: folder, reason: (error as NodeJS.ErrnoException).code ?? '' }, error);
  }
  return place;
}
