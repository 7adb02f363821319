import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runProgram } from '../run/program.ts';

const hostCertificates = '/etc/ssl/certs/ca-certificates.crt';
const certificates = '/etc/ssl/certs/host-ca-certificates.crt';
const passedOn = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];

export interface ChrootEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Debian system in a folder, with Debian's own Node and npm and a clone of this project in `/project`. */
export class PristineDebian implements Disposable {
  readonly folder: string;
  readonly #registry: string;

  private constructor(folder: string, registry: string) {
    this.folder = folder;
    this.#registry = registry;
  }

  /** Makes one; needs root, debootstrap and a Debian mirror (`DECANT_DEBIAN_MIRROR`, else deb.debian.org). */
  static async make(suite: string): Promise<PristineDebian> {
    if (process.getuid?.() !== 0) throw new Error('a pristine Debian can only be made by root');
    // npm may put warnings before it
    const registry = (await must('npm', ['config', 'get', 'registry'])).trim().split('\n').at(-1) ?? '';
    const debian = new PristineDebian(mkdtempSync(join(tmpdir(), 'decant-debian-')), registry);
    try {
      await debian.#bootstrap(suite);
      return debian;
    } catch (error) {
      debian[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Runs a shell script inside, in process and mount namespaces of its own: whatever it leaves behind ends with it.
   * `user` is a number; without it root runs it.
   */
  async run(script: string, user = 0): Promise<ChrootEnd> {
    const streams = mkdtempSync(join(tmpdir(), 'decant-streams-'));
    try {
      const [out, err] = [join(streams, 'out'), join(streams, 'err')];
      writeFileSync(join(this.folder, 'script.sh'), script, { mode: 0o755 });
      const inside = `chroot --userspec=${user}:${user} "$1" /bin/sh /script.sh`;
      const outside = [
        'set -e',
        'mount -t proc proc "$1/proc"',
        'mount --rbind /dev "$1/dev"',
        `${inside} >"$2" 2>"$3" </dev/null`,
      ].join('\n');
      const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];
      const { code } = await runProgram('unshare', [...namespaces, 'sh', '-c', outside, 'sh', this.folder, out, err], {
        env: this.#environment(),
      });
      return { code, stdout: await must('cat', [out]), stderr: await must('cat', [err]) };
    } finally {
      rmSync(streams, { recursive: true, force: true });
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #bootstrap(suite: string): Promise<void> {
    const mirror = process.env['DECANT_DEBIAN_MIRROR'] ?? 'http://deb.debian.org/debian';
    chmodSync(this.folder, 0o755);
    await must('debootstrap', ['--variant=minbase', '--include=ca-certificates', suite, this.folder, mirror]);
    cpSync('/etc/resolv.conf', join(this.folder, 'etc', 'resolv.conf'), { dereference: true });
    if (existsSync(hostCertificates)) cpSync(hostCertificates, join(this.folder, certificates), { dereference: true });
    const dump = await must('apt-config', ['dump']);
    const proxies = dump.split('\n').filter((line) => /^Acquire::https?::Proxy/.test(line));
    writeFileSync(join(this.folder, 'etc', 'apt', 'apt.conf.d', '99proxy'), `${proxies.join('\n')}\n`);
    await must('git', [
      '-c',
      'safe.directory=*',
      'clone',
      '--quiet',
      '--no-hardlinks',
      root,
      join(this.folder, 'project'),
    ]);
    const installed = await this.run('apt-get update -q && apt-get install -q -y --no-install-recommends nodejs npm');
    if (installed.code !== 0) throw new Error(`${installed.stdout}${installed.stderr}`);
  }

  #environment(): NodeJS.ProcessEnv {
    const env: NodeJS.ProcessEnv = {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LANG: 'C.UTF-8',
      DEBIAN_FRONTEND: 'noninteractive',
      npm_config_registry: this.#registry,
    };
    if (existsSync(join(this.folder, certificates))) {
      env['NODE_EXTRA_CA_CERTS'] = certificates;
      env['npm_config_cafile'] = certificates;
    }
    for (const name of passedOn) if (process.env[name] !== undefined) env[name] = process.env[name];
    return env;
  }
}

/** What a program said, when it ended well. */
async function must(program: string, args: readonly string[]): Promise<string> {
  const { code, output } = await runProgram(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}\n${output}`);
  return output;
}
