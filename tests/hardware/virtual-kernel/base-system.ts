import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, runProgram } from '../../run/program.ts';

/** What a virtual computer starts from: a kernel, and a file system with everything but this project's own files. */
export interface BaseSystem {
  readonly kernel: string;
  readonly files: string;
}

const sources = '/usr/src';
/** Packages of ours that hold machine code, with what they need. */
const packages = [
  'onoff',
  'epoll',
  'lodash.debounce',
  'bindings',
  'file-uri-to-path',
  'koffi',
  '@koromix/koffi-linux-x64',
];
const modules = ['fs/configfs/configfs.ko', 'drivers/watchdog/watchdog.ko', 'drivers/watchdog/softdog.ko'];

/**
 * The distribution's kernel with gpio-sim, which Debian does not build, made out of tree from its kernel sources, and the Node
 * of this process. Kept below `.toolchain` under a digest of everything that goes into it. @throws Error saying what is missing
 */
export async function baseSystem(): Promise<BaseSystem> {
  const release = await kernelRelease();
  const folder = join(root, '.toolchain', 'virtual-kernel', await digestOf(release));
  const base = { kernel: join(folder, 'vmlinuz'), files: join(folder, 'base.cpio') };
  if (existsSync(base.files)) return base;
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}.`);
  try {
    await Promise.all([fetchKernel(release, work), buildModules(release, work)]);
    await fillTree(release, work);
    await pack(join(work, 'tree'), join(work, 'base.cpio'));
    for (const left of ['package', 'modules', 'tree']) await rm(join(work, left), { recursive: true });
    await rename(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return base;
}

/** Packs a folder as the kernel unpacks it; several such files may follow each other. */
export async function pack(folder: string, into: string): Promise<void> {
  await shell('find . | cpio -o -H newc --quiet > "$1"', folder, into);
}

async function kernelRelease(): Promise<string> {
  if (process.arch !== 'x64') throw new Error('the virtual kernel needs a computer with the processor x64');
  const names = await readdir(sources);
  const releases = names.flatMap((name) => /^linux-headers-(\d[\w.-]*-amd64)$/.exec(name)?.[1] ?? []);
  const newest = releases
    .filter((release) => !/cloud|rt-/.test(release))
    .sort(byNumber)
    .at(-1);
  if (newest === undefined) throw new Error('the package linux-headers-amd64 is missing');
  return newest;
}

const byNumber = (one: string, other: string): number => one.localeCompare(other, 'en', { numeric: true });

async function digestOf(release: string): Promise<string> {
  const hash = createHash('sha256');
  const versions = packages.map(async (name) => readFile(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  const recipe = readFile(import.meta.filename, 'utf8');
  for (const part of [release, process.version, await recipe, ...(await Promise.all(versions))])
    hash.update(`${part}\0`);
  return hash.digest('hex').slice(0, 16);
}

/** The kernel's own package is downloaded and opened, not installed: nothing of it is to start here. */
async function fetchKernel(release: string, work: string): Promise<void> {
  const folder = join(work, 'package');
  await mkdir(folder);
  const wanted = modules.map((name) => `./lib/modules/${release}/kernel/${name}`).join(' ');
  const download = `apt-get download -q "linux-image-$1" || { apt-get update -q && apt-get download -q "linux-image-$1"; }`;
  await shell(
    `${download}; dpkg-deb --fsys-tarfile *.deb | tar x "./boot/vmlinuz-$1" ${wanted} && rm *.deb`,
    folder,
    release,
  );
  await cp(join(folder, 'boot', `vmlinuz-${release}`), join(work, 'vmlinuz'));
}

/** irq_sim is built in beside it; the one function that is not exported to modules is replaced. */
async function buildModules(release: string, work: string): Promise<void> {
  const version = /^\d+\.\d+/.exec(release)?.[0];
  const archive = join(sources, `linux-source-${version}.tar.xz`);
  if (!existsSync(archive)) throw new Error(`the package linux-source-${version} is missing`);
  const folder = join(work, 'modules');
  await mkdir(folder);
  const files = ['drivers/gpio/gpio-sim.c', 'drivers/gpio/gpiolib.h', 'kernel/irq/irq_sim.c'];
  const names = files.map((file) => `linux-source-${version}/${file}`);
  await shell(`tar xf "$1" --strip-components=3 --occurrence=1 ${names.join(' ')}`, folder, archive);
  await shell(
    `sed -i 's/irq_to_desc(irqnum)/irq_data_to_desc(irq_get_irq_data(irqnum))/
       /#include <linux.irq.h>/a #include <linux/irqdesc.h>\\n#include <linux/module.h>
       $ a MODULE_LICENSE("GPL");' irq_sim.c
     echo 'obj-m := irq_sim.o gpio-sim.o' > Makefile
     make -s -C "$1" M="$PWD" modules`,
    folder,
    join(sources, `linux-headers-${release}`),
  );
}

async function fillTree(release: string, work: string): Promise<void> {
  const tree = join(work, 'tree');
  const folders = [
    'bin',
    'dev',
    'etc',
    'proc',
    'sys',
    'tmp',
    'lib',
    'lib64',
    'usr/bin',
    'modules',
    'decant/node_modules',
  ];
  for (const name of folders) await mkdir(join(tree, name), { recursive: true });
  const kernel = join(work, 'package', 'lib', 'modules', release, 'kernel');
  for (const name of modules) await cp(join(kernel, name), join(tree, 'modules', name.split('/').at(-1) ?? ''));
  await shell(
    `cp "$(command -v busybox)" bin/busybox
     cp "$1" usr/bin/node && strip -s usr/bin/node
     for library in $(ldd "$1" | grep -o '/[^ ]*'); do mkdir -p ".\${library%/*}"; cp -L "$library" ".$library"; done
     cp "$2"/*.ko modules/ && strip -g modules/*.ko`,
    tree,
    process.execPath,
    join(work, 'modules'),
  );
  for (const name of packages) {
    const goal = join(tree, 'decant', 'node_modules', name);
    await cp(join(root, 'node_modules', name), goal, {
      recursive: true,
      filter: (path) => !path.includes('obj.target'),
    });
  }
}

/** Runs a script with `$1 …`; @throws Error with what it said when it fails. */
async function shell(script: string, folder: string, ...args: readonly string[]): Promise<void> {
  const { code, output } = await runProgram('sh', ['-euc', script, 'sh', ...args], { cwd: folder });
  if (code !== 0) throw new Error(`${script.trim()}\nended with ${code}:\n${output}`);
}

/** Writes a file that is run. */
export async function writeProgram(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o755);
}
