import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './place.mjs';
import { SetupStop, say } from './progress.mjs';
import { ownEnvironment, runQuietly } from './run.mjs';

const config = join(root, 'src', 'screen', 'vite.config.ts');
const pages = join(root, 'src', 'screen', 'dist');
const stampFile = join(pages, '.sources.sha256');
const sources = ['src/screen', 'src/wire', 'src/shared', 'recipes', 'package-lock.json'];

/** Builds the pages of the touchscreen when they are absent or older than their sources. */
export async function ensureScreen(toolchain) {
  if (!existsSync(config)) return;
  const digest = sourcesDigest();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === digest) return;
  say('building the touchscreen pages …');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const built = await runQuietly(toolchain.node, [vite, 'build', '--config', config], { env: ownEnvironment() });
  if (built.code !== 0) throw new SetupStop('The touchscreen pages could not be built.', 1, built.output);
  if (existsSync(pages)) writeFileSync(stampFile, `${digest}\n`);
}

function sourcesDigest() {
  const hash = createHash('sha256');
  for (const source of sources) addTo(hash, join(root, source), source);
  return hash.digest('hex');
}

function addTo(hash, path, name) {
  if (!existsSync(path) || path === pages) return;
  const entries = entriesOf(path);
  if (entries === null) {
    hash.update(`${name}\0`).update(readFileSync(path)).update('\0');
    return;
  }
  for (const entry of entries) {
    if (!entry.includes('.test.')) addTo(hash, join(path, entry), `${name}/${entry}`);
  }
}

/** The sorted names in a folder, or null when `path` is a file. */
function entriesOf(path) {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if (error.code === 'ENOTDIR') return null;
    throw error;
  }
}
