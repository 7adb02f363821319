import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { root } from '../run/program.ts';
import { type SoftTokens, testPin } from './soft-token.ts';

/** The files in which SoftHSM keeps the objects of the one token below its folder. */
export class KeyFiles {
  readonly folder: string;
  readonly #tokens: SoftTokens;

  constructor(tokens: SoftTokens) {
    const [name = ''] = readdirSync(tokens.tokensFolder);
    this.folder = join(tokens.tokensFolder, name);
    this.#tokens = tokens;
  }

  /** Makes a prekey; answers its one file. */
  async prekey(token: Pkcs11Token, label: string): Promise<string> {
    const before = this.objects();
    await token.generateUnwrapKey(label, 2048);
    const made = this.objects().filter((name) => !before.includes(name));
    if (made.length !== 1) throw new Error('a prekey is not one file');
    return join(this.folder, made[0] ?? '');
  }

  objects(): string[] {
    return readdirSync(this.folder).filter((file) => /^(?!token).*\.object$/.test(file));
  }

  /** Whether another process, started now, finds the key. */
  aliveElsewhere(tokenLabel: string, label: string): boolean {
    const script = `
      import { openToken } from '#hsm/open-token.ts';
      import { systemEntropy } from '#shared/node/system-entropy.ts';
      const [module, pin, tokenLabel, label] = process.argv.slice(1);
      using token = await openToken({ module, label: tokenLabel, pin: Buffer.from(pin), entropy: systemEntropy });
      console.log(token.hasKey(label));`;
    const pin = Buffer.from(testPin).toString();
    const args = ['--input-type=module-typescript', '-e', script, this.#tokens.module, pin, tokenLabel, label];
    const env = { ...process.env, SOFTHSM2_CONF: this.#tokens.configFile };
    return execFileSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' }).trim() === 'true';
  }
}
