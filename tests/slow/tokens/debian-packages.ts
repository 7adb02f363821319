import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { runProgram } from '../../run/program.ts';

const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/**
 * Debian packages, with what they need and this machine lacks, unpacked in a folder of their own: apt's lists, its downloads
 * and the files all lie below it, and nothing is installed.
 */
export class DebianPackages implements Disposable {
  readonly folder: string;

  private constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'decant-packages-'));
  }

  /** @throws Error that says what apt said; a test without its packages fails, it is not skipped */
  static async get(...names: readonly string[]): Promise<DebianPackages> {
    const packages = new DebianPackages();
    try {
      await packages.#get(names);
      return packages;
    } catch (error) {
      packages[Symbol.dispose]();
      throw error;
    }
  }

  /** A file of the packages; of this machine where the package was installed already. */
  path(...parts: readonly string[]): string {
    const unpacked = join(this.folder, 'root', ...parts);
    return existsSync(unpacked) ? unpacked : join('/', ...parts);
  }

  /** A shared library of the packages, by the beginning of its path below the folder of libraries. */
  library(name: string): string {
    return this.path('usr', 'lib', triplet, name);
  }

  /** Folders for LD_LIBRARY_PATH of programs in the packages. */
  libraryPath(...below: readonly string[]): string {
    const base = join(this.folder, 'root', 'usr', 'lib', triplet);
    return [base, ...below.map((name) => join(base, name))].join(':');
  }

  /**
   * Loads the libraries of the packages whose names match into this process. The dynamic linker then finds them by name, wherever
   * they lie.
   */
  loadLibraries(names: RegExp): void {
    const base = join(this.folder, 'root', 'usr', 'lib', triplet);
    if (!existsSync(base)) return;
    const files = readdirSync(base).filter((name) => names.test(name) && !lstatSync(join(base, name)).isSymbolicLink());
    let left = files;
    while (left.length > 0) {
      // each needs others: go on while every turn brings one further
      const refused = left.filter((name) => !loads(join(base, name)));
      if (refused.length === left.length) throw new Error(`these libraries cannot be loaded: ${left.join(' ')}`);
      left = refused;
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #get(names: readonly string[]): Promise<void> {
    const [lists, archives] = [join(this.folder, 'lists'), join(this.folder, 'archives')];
    for (const folder of [lists, archives]) mkdirSync(join(folder, 'partial'), { recursive: true });
    mkdirSync(join(this.folder, 'root'));
    const settings = [
      `Dir::State::lists=${lists}`,
      `Dir::Cache::archives=${archives}`,
      'Dir::Cache::pkgcache=',
      'Dir::Cache::srcpkgcache=',
      'Debug::NoLocking=1',
      ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
    ].flatMap((setting) => ['-o', setting]);
    await must('apt-get', [...settings, 'update', '-q']);
    const install = ['install', '--download-only', '-y', '-q', '--no-install-recommends', '--reinstall'];
    await must('apt-get', [...settings, ...install, ...names]);
    for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
      await must('dpkg-deb', ['-x', join(archives, file), join(this.folder, 'root')]);
    }
  }
}

function loads(path: string): boolean {
  try {
    koffi.load(path);
    return true;
  } catch {
    return false;
  }
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runProgram(program, args, {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (code !== 0) throw new Error(`Debian packages are needed here, and ${program} could not get them: ${output}`);
}
