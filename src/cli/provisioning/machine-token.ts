import { ownSoftToken } from '#hsm/own-soft-token.ts';
import type { Pkcs11Token } from '#hsm/pkcs11-token.ts';
import { readTokenObjects } from '#hsm/token-objects.ts';
import type { MachineToken } from '#cell/provisioning/run.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';

/** A machine's token, opened when it is first asked for, and closed at the end if it was. */
export class LazyToken implements Disposable {
  readonly #open: () => Promise<Pkcs11Token>;
  #opened: Promise<Pkcs11Token> | null = null;
  #token: Pkcs11Token | null = null;

  constructor(open: () => Promise<Pkcs11Token>) {
    this.#open = open;
  }

  readonly get = async (): Promise<MachineToken> => {
    this.#opened ??= this.#open();
    const token = await this.#opened;
    this.#token = token;
    return { token, objects: () => readTokenObjects(token.login) };
  };

  [Symbol.dispose](): void {
    this.#token?.[Symbol.dispose]();
  }
}

/** The soft token below `folder` with its PIN file, made when there is none. */
export function softMachineToken(folder: string): LazyToken {
  const module = process.env['DECANT_PKCS11_MODULE'];
  return new LazyToken(() => ownSoftToken({ folder, label: 'machine', module, entropy: systemEntropy }));
}
