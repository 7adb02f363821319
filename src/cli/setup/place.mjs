import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's own folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** Where the pinned Node and npm live. */
export const toolchainFolder = join(root, '.toolchain');

/** Versions and digests of what is fetched. */
export const pins = JSON.parse(readFileSync(join(root, 'src', 'cli', 'toolchain.json'), 'utf8'));

/** The content of a JSON file, or null when it is absent or torn. */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
