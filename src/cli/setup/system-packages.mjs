import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupStop, say } from './progress.mjs';
import { ownEnvironment, runQuietly } from './run.mjs';

const softHsmPlaces = [
  '/usr/lib/softhsm/libsofthsm2.so',
  `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/softhsm/libsofthsm2.so`,
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
];

/** What the commands need from the system: the Debian packages, what for, and how its presence is seen. */
const needs = [
  {
    packages: ['softhsm2'],
    reason: 'software security token',
    notFor: ['check'],
    present: () => [process.env.DECANT_PKCS11_MODULE ?? '', ...softHsmPlaces].some((path) => existsSync(path)),
  },
  { packages: ['python3'], reason: 'builds native addons', present: () => onPath('python3') },
  { packages: ['make'], reason: 'builds native addons', present: () => onPath('make') },
  { packages: ['g++'], reason: 'builds native addons', present: () => onPath('g++', 'c++') },
  {
    packages: ['mosquitto'],
    reason: 'MQTT broker',
    present: () => onPath('mosquitto'),
    notFor: ['check'],
    optionalFor: ['demo', 'setup'],
  },
  {
    packages: ['chromium'],
    reason: 'browser tests',
    present: () => onPath('chromium', 'chromium-browser', 'google-chrome'),
    onlyFor: ['test', 'long'],
  },
  { packages: ['git'], reason: 'clones the project', present: () => onPath('git'), onlyFor: ['slow'] },
  { packages: ['debootstrap'], reason: 'pristine Debian', present: () => onPath('debootstrap'), onlyFor: ['slow'] },
  { packages: ['gdb'], reason: 'core dumps', present: () => onPath('gcore'), onlyFor: ['slow'] },
  { packages: ['systemd'], reason: 'unit files', present: () => onPath('systemd-analyze'), onlyFor: ['slow'] },
  {
    packages: ['gcc-avr', 'avr-libc'],
    reason: 'firmware for the microcontroller',
    present: () => onPath('avr-gcc') && existsSync('/usr/lib/avr/include/avr/io.h'),
    onlyFor: ['hardware', 'bench'],
  },
  {
    packages: ['libsimavr-dev', 'libelf-dev'],
    reason: 'emulated microcontroller',
    present: () => existsSync('/usr/include/simavr/sim_avr.h') && existsSync('/usr/include/libelf.h'),
    onlyFor: ['hardware', 'bench'],
  },
  { packages: ['clang'], reason: 'fuzzer', present: () => onPath('clang'), onlyFor: ['hardware'] },
  {
    packages: ['qemu-system-x86', 'busybox-static', 'cpio'],
    reason: 'virtual kernel',
    present: () => onPath('qemu-system-x86_64') && onPath('busybox') && onPath('cpio'),
    onlyFor: ['hardware'],
  },
  {
    packages: ['linux-headers-amd64', 'linux-source'],
    reason: 'simulated GPIO chips for the virtual kernel',
    present: () => sourcesPresent(/^linux-headers-.*-amd64$/, /^linux-source-.*\.tar\.xz$/),
    onlyFor: ['hardware'],
  },
  { packages: ['fonts-dejavu-core'], reason: 'browser tests', present: fontsPresent, onlyFor: ['test', 'long'] },
];

/** Which needs of a command are not met on this machine. */
export function missingFor(command) {
  const concerns = (need) => (need.onlyFor?.includes(command) ?? true) && !need.notFor?.includes(command);
  return needs.filter((need) => concerns(need) && !need.present());
}

/**
 * Installs what is missing when that is allowed without asking for a password. Otherwise stops with the command to
 * type, unless all that is missing can be done without.
 */
export async function ensureSystemPackages(command) {
  const missing = missingFor(command);
  if (missing.length === 0) return;
  const packages = missing.flatMap((need) => need.packages);
  const prefix = onPath('apt-get') ? await rootPrefix() : null;
  if (prefix !== null) {
    await install(prefix, packages, missing);
    return;
  }
  const vital = missing.filter((need) => !need.optionalFor?.includes(command));
  const advice = `apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (vital.length > 0) throw new SetupStop(`${reasons(vital)} missing. Install with:\n  sudo ${advice}`, 2);
  say(`${reasons(missing)} missing; going on without. Install with: sudo ${advice}`);
}

async function install(prefix, packages, missing) {
  say(`installing ${reasons(missing)} with apt-get …`);
  const env = ownEnvironment({ DEBIAN_FRONTEND: 'noninteractive' });
  const apt = (...args) => {
    const [program, ...rest] = [...prefix, 'apt-get', ...args];
    return runQuietly(program, rest, { env });
  };
  const update = await apt('update', '-q');
  const result = await apt('install', '-q', '-y', '--no-install-recommends', ...packages);
  if (result.code !== 0) {
    throw new SetupStop(`apt-get could not install ${packages.join(' ')}.`, 1, update.output + result.output);
  }
}

function reasons(missing) {
  return missing.map((need) => `${need.packages.join(' ')} (${need.reason})`).join(', ');
}

/** How to run apt-get without a question: as root, by sudo without a password, or not at all (null). */
async function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (!onPath('sudo')) return null;
  const asked = await runQuietly('sudo', ['-n', 'true']);
  return asked.code === 0 ? ['sudo', '-n'] : null;
}

function onPath(...names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  return names.some((name) => folders.some((folder) => folder !== '' && executable(join(folder, name))));
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function sourcesPresent(...patterns) {
  try {
    const names = readdirSync('/usr/src');
    return patterns.every((pattern) => names.some((name) => pattern.test(name)));
  } catch {
    return false;
  }
}

function fontsPresent() {
  return ['/usr/share/fonts/truetype', '/usr/share/fonts/opentype', '/usr/local/share/fonts'].some((folder) => {
    try {
      return readdirSync(folder).length > 0;
    } catch {
      return false;
    }
  });
}
