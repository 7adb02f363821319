/**
 * A registry that mirrors only some platforms makes npm leave the others' packages out of package-lock.json, and
 * `npm ci` then refuses the file everywhere. `node tests/lint/lock-file.ts --complete` names them again; npm never
 * fetches them on the platforms this project runs on.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: string[];
  readonly cpu?: string[];
  readonly libc?: string[];
  readonly optionalDependencies?: Record<string, string>;
}

export interface LockFile {
  readonly packages: Record<string, LockedPackage>;
}

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/** Optional packages that the lock file's own packages name and that it does not hold: path to stand-in entry. */
export function missingOptionals(lock: LockFile): Map<string, LockedPackage> {
  const missing = new Map<string, LockedPackage>();
  for (const [path, held] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(held.optionalDependencies ?? {})) {
      if (!isHeld(lock, path, name)) missing.set(`node_modules/${name}`, standIn(name, version, held.dev === true));
    }
  }
  return missing;
}

/** The lock file with every missing optional package named, in npm's own order. */
export function completed(lock: LockFile): LockFile {
  const all = { ...lock.packages, ...Object.fromEntries(missingOptionals(lock)) };
  const ordered = Object.entries(all).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(ordered) };
}

function isHeld(lock: LockFile, path: string, name: string): boolean {
  const folders = path.split('/node_modules/');
  return (
    folders.some((_, depth) => {
      const above = folders.slice(0, folders.length - depth).join('/node_modules/');
      return Object.hasOwn(lock.packages, `${above}/node_modules/${name}`);
    }) || Object.hasOwn(lock.packages, `node_modules/${name}`)
  );
}

function standIn(name: string, version: string, dev: boolean): LockedPackage {
  const words = (name.split('/').at(-1) ?? name).split(/[-.]/);
  const os = systems.filter((word) => words.includes(word));
  const cpu = processors.filter((word) => words.includes(word));
  if (os.length === 0 || cpu.length === 0) throw new Error(`${name} is not in package-lock.json and names no platform`);
  const libc = words.includes('musl') ? { libc: ['musl'] } : {};
  return { version, cpu, ...(dev ? { dev } : {}), ...libc, optional: true, os };
}

if (process.argv[1] === import.meta.filename) {
  const path = join(import.meta.dirname, '..', '..', 'package-lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8')) as LockFile;
  const missing = [...missingOptionals(lock).keys()];
  if (process.argv.includes('--complete') && missing.length > 0) {
    writeFileSync(path, `${JSON.stringify(completed(lock), null, 2)}\n`);
  }
  process.stdout.write(`${missing.length} optional packages missing from package-lock.json\n`);
}
