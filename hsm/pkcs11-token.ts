import { Failure } from '#shared/failure.ts';
import { ClearKeys } from './clear-keys.ts';
import { destroyKey } from './destroy-key.ts';
import { importClassKey } from './import-class-key.ts';
import { findKey, listPrivateKeys, readSpki } from './key-objects.ts';
import { keyTemplates, receivingKey } from './key-templates.ts';
import type { Login } from './login.ts';
import { makeEcKey, makeRsaKey } from './make-keys.ts';
import { Pkcs11Job } from './pkcs11-job.ts';
import { ProfileSJob } from './profile-s-job.ts';
import { signAs } from './sign.ts';
import { signedState } from './signed-state.ts';
import { stateInToken } from './state-in-token.ts';
import type { StateSeal } from './state-seal.ts';
import type {
  ClassKeyDelivery,
  Job,
  KeyProfile,
  SignatureAlgorithm,
  SigningKeyKind,
  Token,
  TokenClass,
} from './token.ts';

/** A token behind a PKCS#11 module. */
export class Pkcs11Token implements Token {
  readonly tokenClass: TokenClass;
  readonly profile: KeyProfile;
  readonly label: string;
  readonly serial: string;
  /** For what is built on the same login: escrow, class-key vault. */
  readonly login: Login;
  readonly #jobs = new Set<Job>();
  readonly #clearKeys = new ClearKeys();
  readonly #state: StateSeal;

  constructor(login: Login) {
    this.login = login;
    this.tokenClass = login.cryptoki.quirks.tokenClass;
    this.profile = login.cryptoki.quirks.profile;
    this.label = login.card.label;
    this.serial = login.card.serial;
    this.#state = this.profile === 'H' ? stateInToken(login) : signedState(login, this.#clearKeys);
  }

  hasKey(label: string): boolean {
    return findKey(this.login, 'private', label) !== null;
  }

  listKeys(prefix: string): string[] {
    return listPrivateKeys(this.login, prefix);
  }

  publicKey(label: string): Uint8Array {
    return readSpki(this.login, label);
  }

  generateSigningKey(label: string, kind: SigningKeyKind): Promise<Uint8Array> {
    if ('curve' in kind) return makeEcKey(this.login, label, keyTemplates.ecSigning);
    return makeRsaKey(this.login, label, kind.rsaBits, keyTemplates.rsaSigning);
  }

  sign(label: string, algorithm: SignatureAlgorithm, message: Uint8Array): Promise<Uint8Array> {
    return signAs(this.login, label, algorithm, message);
  }

  generateUnwrapKey(label: string, bits: 2048 | 3072): Promise<Uint8Array> {
    return makeRsaKey(this.login, label, bits, receivingKey(this.login.cryptoki.quirks));
  }

  destroyKey(label: string): Promise<void> {
    return destroyKey(this.login, label);
  }

  openJob(): Job {
    const ended = (): void => void this.#jobs.delete(job);
    const job: Job =
      this.profile === 'H' ? new Pkcs11Job(this.login, ended) : new ProfileSJob(this.login, this.#clearKeys, ended);
    this.#jobs.add(job);
    return job;
  }

  ensureStateKey(): Promise<void> {
    return this.#state.ensure();
  }

  encryptState(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    return this.#state.encrypt(plaintext, aad);
  }

  decryptState(sealed: Uint8Array, aad: Uint8Array, out: Uint8Array): Promise<number> {
    return this.#state.decrypt(sealed, aad, out);
  }

  async importClassKey(delivery: ClassKeyDelivery): Promise<Uint8Array> {
    // a token that cannot unwrap would need the class key in the clear in this process
    if (this.profile === 'S') throw new Failure('token/mechanism-missing', { mechanism: 'C_UnwrapKey' });
    return importClassKey(this.login, delivery);
  }

  /** Ends every job and logs out. */
  [Symbol.dispose](): void {
    for (const job of this.#jobs) job[Symbol.dispose]();
    this.#clearKeys[Symbol.dispose]();
    this.login[Symbol.dispose]();
  }
}
