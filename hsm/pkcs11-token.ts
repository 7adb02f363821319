import { createHash } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import { Failure, isFailure } from '#shared/failure.ts';
import { awaiting, bufferOf, type Handle } from './cryptoki.ts';
import { destroyKey } from './destroy-key.ts';
import { importClassKey } from './import-class-key.ts';
import { findKey, listPrivateKeys, readSpki, requireKey } from './key-objects.ts';
import { keyTemplates } from './key-templates.ts';
import type { Login } from './login.ts';
import { makeAesKey, makeEcKey, makeRsaKey } from './make-keys.ts';
import { gcm, nonceLength, tagLength } from './mechanisms.ts';
import { openGcm, Pkcs11Job } from './pkcs11-job.ts';
import type {
  ClassKeyDelivery,
  Job,
  KeyProfile,
  SignatureAlgorithm,
  SigningKeyKind,
  Token,
  TokenClass,
} from './token.ts';

const stateLabel = 'state';

/** A token behind a PKCS#11 module. */
export class Pkcs11Token implements Token {
  readonly tokenClass: TokenClass;
  readonly profile: KeyProfile;
  readonly label: string;
  readonly serial: string;
  /** For what is built on the same login: escrow, class-key vault. */
  readonly login: Login;
  readonly #jobs = new Set<Job>();

  constructor(login: Login) {
    this.login = login;
    this.tokenClass = login.cryptoki.quirks.tokenClass;
    this.profile = login.cryptoki.quirks.profile;
    this.label = login.card.label;
    this.serial = login.card.serial;
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
    const { mechanism, prepare } = signing[algorithm];
    return this.login.borrow((session) =>
      awaiting('sign', async () => {
        const input = prepare(bufferOf(message));
        const signature = Buffer.alloc(512);
        this.login.cryptoki.api.C_SignInit(session, mechanism, requireKey(this.login, 'private', label));
        return new Uint8Array(await this.login.cryptoki.api.C_SignAsync(session, input, signature));
      }),
    );
  }

  generateUnwrapKey(label: string, bits: 2048 | 3072): Promise<Uint8Array> {
    return makeRsaKey(this.login, label, bits, keyTemplates.unwrap);
  }

  destroyKey(label: string): Promise<void> {
    return destroyKey(this.login, label);
  }

  openJob(): Job {
    const job: Job = new Pkcs11Job(this.login, () => this.#jobs.delete(job));
    this.#jobs.add(job);
    return job;
  }

  async ensureStateKey(): Promise<void> {
    if (findKey(this.login, 'secret', stateLabel) === null) {
      await makeAesKey(this.login, stateLabel, keyTemplates.state);
    }
  }

  encryptState(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    const nonce = this.login.entropy.bytes(nonceLength);
    const mechanism = gcm(nonce, aad);
    const sealed = Buffer.alloc(nonceLength + plaintext.length + tagLength);
    sealed.set(nonce);
    return this.#withStateKey(async (session, key) => {
      const { api } = this.login.cryptoki;
      api.C_EncryptInit(session, mechanism, key);
      await api.C_EncryptAsync(session, bufferOf(plaintext), sealed.subarray(nonceLength));
      return new Uint8Array(sealed);
    });
  }

  decryptState(sealed: Uint8Array, aad: Uint8Array, out: Uint8Array): Promise<number> {
    const nonce = sealed.slice(0, nonceLength);
    return this.#withStateKey(async (session, key) => {
      try {
        if (nonce.length < nonceLength) throw new Failure('recipe/piece-not-authentic');
        return await openGcm(this.login, session, key, { nonce, aad, sealed: sealed.subarray(nonceLength), out });
      } catch (error) {
        if (!isFailure(error, 'recipe/piece-not-authentic')) throw error;
        out.fill(0);
        throw new Failure('token/state-not-authentic', {}, error);
      }
    });
  }

  importClassKey(delivery: ClassKeyDelivery): Promise<Uint8Array> {
    return importClassKey(this.login, delivery);
  }

  /** Ends every job and logs out. */
  [Symbol.dispose](): void {
    for (const job of this.#jobs) job[Symbol.dispose]();
    this.login[Symbol.dispose]();
  }

  #withStateKey<T>(task: (session: Handle, key: Handle) => Promise<T>): Promise<T> {
    return this.login.borrow((session) =>
      awaiting('state', () => task(session, requireKey(this.login, 'secret', stateLabel))),
    );
  }
}

interface Signing {
  readonly mechanism: pkcs11.Mechanism;
  /** What C_Sign is given for a message. */
  readonly prepare: (message: Buffer) => Buffer;
}

const signing: Readonly<Record<SignatureAlgorithm, Signing>> = {
  PS256: {
    mechanism: {
      mechanism: pkcs11.CKM_SHA256_RSA_PKCS_PSS,
      parameter: {
        type: pkcs11.CK_PARAMS_RSA_PSS,
        hashAlg: pkcs11.CKM_SHA256,
        mgf: pkcs11.CKG_MGF1_SHA256,
        saltLen: 32,
      } as pkcs11.RsaPSS,
    },
    prepare: (message) => message,
  },
  RS256: { mechanism: { mechanism: pkcs11.CKM_SHA256_RSA_PKCS }, prepare: (message) => message },
  // SoftHSM has no CKM_ECDSA_SHA256: the digest is made here
  ES256: {
    mechanism: { mechanism: pkcs11.CKM_ECDSA },
    prepare: (message) => createHash('sha256').update(message).digest(),
  },
};
