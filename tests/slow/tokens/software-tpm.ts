import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runNode } from '../../run/program.ts';
import { BackgroundProcess } from './process-in-background.ts';
import { DebianPackages } from './debian-packages.ts';

/**
 * A TPM in software with its resource manager on a bus of their own, and tpm2-pkcs11 set up for this process: the module
 * works on a bare TPM only until its three slots for objects are full.
 */
export class SoftwareTpm implements AsyncDisposable {
  /** Path of the module. */
  readonly module: string;
  readonly #libraries: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(module: string, libraries: string, stack: AsyncDisposableStack) {
    this.module = module;
    this.#libraries = libraries;
    this.#stack = stack;
  }

  static async start(): Promise<SoftwareTpm> {
    await using stack = new AsyncDisposableStack();
    const packages = stack.use(
      await DebianPackages.get('libtpm2-pkcs11-1', 'swtpm', 'tpm2-abrmd', 'libtss2-tcti-tabrmd0', 'dbus-daemon'),
    );
    const folder = mkdtempSync(join(tmpdir(), 'decant-tpm-'));
    stack.defer(() => rmSync(folder, { recursive: true, force: true }));
    const [state, store, socket] = ['state', 'store', 'tpm.sock'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    for (const made of [state, store]) mkdirSync(made);
    const env: NodeJS.ProcessEnv = { ...process.env, LD_LIBRARY_PATH: packages.libraryPath('swtpm') };
    const tpm = stack.use(
      new BackgroundProcess(
        packages.path('usr', 'bin', 'swtpm'),
        ['socket', '--tpm2', '--tpmstate', `dir=${state}`, '--flags', 'not-need-init,startup-clear'].concat([
          '--server',
          `type=unixio,path=${socket}`,
          '--ctrl',
          `type=unixio,path=${socket}.ctrl`,
        ]),
        env,
      ),
    );
    await tpm.until(() => existsSync(socket) && existsSync(`${socket}.ctrl`));
    const address = await startBus(packages, folder, env, stack);
    await startResourceManager(packages, socket, { ...env, DBUS_SESSION_BUS_ADDRESS: address }, stack);
    process.env['DBUS_SESSION_BUS_ADDRESS'] = address;
    process.env['TPM2_PKCS11_TCTI'] = 'tabrmd:bus_type=session';
    process.env['TPM2_PKCS11_STORE'] = store;
    process.env['TPM2_PKCS11_LOG_LEVEL'] = '0';
    packages.loadLibraries(/^lib(tss2-.*|yaml-0|sqlite3)\.so/);
    return new SoftwareTpm(packages.library('pkcs11/libtpm2_pkcs11.so'), packages.libraryPath(), stack.move());
  }

  /** Makes a token of this label with `testPin`; before this process loads the module. */
  async initToken(label: string): Promise<void> {
    const env = { ...process.env, LD_LIBRARY_PATH: this.#libraries };
    const { code, output } = await runNode([join(import.meta.dirname, 'init-tpm-token.ts'), this.module, label], {
      env,
    });
    if (code !== 0) throw new Error(output);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

async function startBus(
  packages: DebianPackages,
  folder: string,
  env: NodeJS.ProcessEnv,
  stack: AsyncDisposableStack,
): Promise<string> {
  const config = join(folder, 'bus.conf');
  writeFileSync(
    config,
    `<busconfig><type>session</type><listen>unix:path=${join(folder, 'bus')}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`,
  );
  const options = [`--config-file=${config}`, '--nofork', '--nopidfile', '--print-address=1'];
  const bus = stack.use(new BackgroundProcess(packages.path('usr', 'bin', 'dbus-daemon'), options, env));
  return bus.says(/^unix:.+$/m);
}

/** Returns when it is on the bus. */
async function startResourceManager(
  packages: DebianPackages,
  socket: string,
  env: NodeJS.ProcessEnv,
  stack: AsyncDisposableStack,
): Promise<void> {
  // tpm2-pkcs11 1.9 leaves two objects in the resource manager for each pair it makes, and 27 are usual: no more than 13 pairs
  const options = ['--session', '--allow-root', '--max-transients=100', `--tcti=swtpm:path=${socket}`];
  const program = packages.path('usr', 'sbin', 'tpm2-abrmd');
  const manager = stack.use(new BackgroundProcess(program, options, { ...env, G_MESSAGES_DEBUG: 'all' }));
  await manager.says(/on_name_acquired/);
}
