import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { readJson, root } from './place.mjs';
import { SetupStop, say } from './progress.mjs';
import { ownEnvironment, runQuietly } from './run.mjs';

const stampFile = join(root, 'node_modules', '.decant-setup.json');

/** Installs the packages of package-lock.json, native addons built for `toolchain`, unless they are there already. */
export async function ensureDependencies(toolchain) {
  const wanted = { lock: lockDigest(), node: toolchain.version };
  const held = readJson(stampFile);
  if (held?.node === wanted.node && (held.lock === wanted.lock || installedByHand())) {
    if (held.lock !== wanted.lock) writeStamp(wanted);
    return;
  }
  say('installing the packages of package-lock.json …');
  // these hold whatever the user's own npm settings say: addons must be built, tools be there
  const options = ['ci', '--include=dev', '--include=optional', '--ignore-scripts=false', '--no-audit', '--no-fund'];
  const installed = await runQuietly(toolchain.node, [toolchain.npm, ...options], {
    env: installEnvironment(toolchain),
  });
  if (installed.code !== 0) throw new SetupStop('npm could not install the packages.', 1, installed.output);
  writeStamp(wanted);
}

/**
 * Addons are built against the headers beside the Node that will load them. node-gyp reads this name too, and npm,
 * which complains about `npm_config_nodedir`, does not know it.
 */
function installEnvironment({ node, prefix }) {
  const { NODE_ENV: _, ...env } = ownEnvironment();
  const path = `${join(node, '..')}${delimiter}${env.PATH ?? ''}`;
  return { ...env, PATH: path, npm_package_config_node_gyp_nodedir: prefix };
}

function lockDigest() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** Whether npm's own record of what is installed says the same as the lock file (after an `npm install NAME`). */
function installedByHand() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const held = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (!wanted || !held) return false;
  const same = (path) =>
    held[path]?.version === wanted[path]?.version && held[path]?.integrity === wanted[path]?.integrity;
  const needed = Object.keys(wanted).filter((path) => path !== '' && !wanted[path].optional);
  return needed.every(same) && Object.keys(held).every(same);
}

function writeStamp(stamp) {
  writeFileSync(stampFile, `${JSON.stringify(stamp)}\n`);
}
