import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pins, readJson, root, toolchainFolder } from './place.mjs';
import { SetupStop, say } from './progress.mjs';
import { ownEnvironment, runQuietly } from './run.mjs';

/**
 * The Node that runs the project: the pinned one, or the running one when it is of the accepted line and has its
 * headers beside it (native addons are built against them). Null when neither is there yet.
 * @returns {{ node: string, prefix: string, version: string } | null}
 */
export function presentNode() {
  return pinnedNode() ?? runningNode();
}

/** The pinned npm's entry file, or null when it is not there yet. */
export function presentNpm() {
  const folder = join(toolchainFolder, 'npm');
  const entry = join(folder, 'bin', 'npm-cli.js');
  return readJson(join(folder, 'package.json'))?.version === pins.npm.version && existsSync(entry) ? entry : null;
}

/**
 * Fetches what is missing of Node and npm from the npm registry, checks the digests and unpacks. With `pinned` the
 * running Node never stands in for the pinned one (an installed machine must not depend on it).
 */
export async function ensureToolchain({ pinned = false } = {}) {
  const node = pinnedNode() ?? (pinned ? null : runningNode()) ?? (await fetchNode());
  const npm = presentNpm() ?? (await fetchNpm());
  return { ...node, npm };
}

function pinnedNode() {
  const prefix = join(toolchainFolder, 'node');
  const node = join(prefix, 'bin', 'node');
  const held = readJson(join(prefix, 'package.json'));
  return held?.version === pins.node.version && existsSync(node) ? { node, prefix, version: held.version } : null;
}

function runningNode() {
  const prefix = dirname(dirname(process.execPath));
  const version = process.versions.node;
  const [major, minor] = version.split('.').map(Number);
  if (major !== pins.node.accepted.major || minor < pins.node.accepted.minor) return null;
  return headerVersion(prefix) === version ? { node: process.execPath, prefix, version } : null;
}

function headerVersion(prefix) {
  try {
    const text = readFileSync(join(prefix, 'include', 'node', 'node_version.h'), 'utf8');
    return ['MAJOR', 'MINOR', 'PATCH']
      .map((part) => new RegExp(`NODE_${part}_VERSION (\\d+)`).exec(text)?.[1])
      .join('.');
  } catch {
    return null;
  }
}

async function fetchNode() {
  const pin = process.platform === 'linux' ? pins.node.packages[process.arch] : undefined;
  if (pin === undefined) {
    throw new SetupStop(
      `No Node ${pins.node.version} is pinned for ${process.platform} ${process.arch}: install Node ${pins.node.version} with its headers and run this again with it.`,
      2,
    );
  }
  await fetchPackage({ ...pin, version: pins.node.version, title: 'Node', megabytes: pins.node.megabytes }, 'node');
  return pinnedNode();
}

async function fetchNpm() {
  await fetchPackage({ ...pins.npm, title: 'npm' }, 'npm');
  return presentNpm();
}

async function fetchPackage(pin, folder) {
  say(`fetching ${pin.title} ${pin.version} from the npm registry (${pin.megabytes} MB, once) …`);
  mkdirSync(toolchainFolder, { recursive: true });
  const work = mkdtempSync(join(toolchainFolder, 'fetch-'));
  try {
    const archive = await pack(pin, work);
    await checkDigest(archive, pin);
    const unpacked = join(work, 'unpacked');
    mkdirSync(unpacked);
    const tar = await runQuietly('tar', ['-xzf', archive, '-C', unpacked, '--strip-components=1']);
    if (tar.code !== 0) throw new SetupStop(`Could not unpack ${pin.name}.`, 1, tar.output);
    putInPlace(unpacked, join(toolchainFolder, folder), work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The user's own npm fetches, so that their registry, proxy and certificates hold. */
async function pack(pin, work) {
  const [program, args] = outerNpm();
  const wanted = `${pin.name}@${pin.version}`;
  const options = ['pack', wanted, '--pack-destination', work, '--ignore-scripts', '--loglevel=error'];
  const packed = await runQuietly(program, [...args, ...options], { cwd: root, env: ownEnvironment() });
  const archive = readdirSync(work).find((name) => name.endsWith('.tgz'));
  if (packed.code === 127) throw new SetupStop('npm is missing: install it (on Debian: apt-get install npm).', 2);
  if (packed.code !== 0 || archive === undefined) {
    throw new SetupStop(`Could not fetch ${wanted}: is the npm registry reachable from here?`, 1, packed.output);
  }
  return join(work, archive);
}

function outerNpm() {
  const given = process.env.npm_execpath;
  if (given && basename(given) === 'npm-cli.js' && existsSync(given)) return [process.execPath, [given]];
  return ['npm', []];
}

async function checkDigest(archive, pin) {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(archive)) hash.update(chunk);
  const found = `sha512-${hash.digest('base64')}`;
  if (found !== pin.integrity) {
    throw new SetupStop(
      `What the registry sent for ${pin.name}@${pin.version} is not what this project pins; nothing of it was used.`,
      1,
      `pinned ${pin.integrity}\nfound  ${found}\n`,
    );
  }
}

function putInPlace(fresh, place, work) {
  if (existsSync(place)) renameSync(place, join(work, 'old'));
  renameSync(fresh, place);
}
