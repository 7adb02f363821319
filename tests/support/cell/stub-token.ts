import { constants, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Job, SignatureAlgorithm, Token } from '#hsm/token.ts';
import { Failure } from '#shared/failure.ts';
import { spkiOf } from '#wire/certificate-chain.ts';

/** A token as far as books and messages need one: its one-time keys are names only, and open nothing. */
export class StubToken implements Token {
  readonly tokenClass = 'soft';
  readonly profile = 'H';
  readonly label = 'stub';
  readonly serial = 'stub-1';
  readonly #signing = new Map<string, KeyObject>();
  readonly #keys = new Map<string, Uint8Array>();

  hasKey(label: string): boolean {
    return this.#keys.has(label);
  }

  listKeys(prefix: string): string[] {
    return [...this.#keys.keys()].filter((label) => label.startsWith(prefix)).sort();
  }

  publicKey(label: string): Uint8Array {
    const spki = this.#keys.get(label);
    if (spki === undefined) throw new Failure('token/key-missing', { label });
    return spki;
  }

  async generateSigningKey(label: string): Promise<Uint8Array> {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#signing.set(label, privateKey);
    this.#keys.set(label, spkiOf(publicKey));
    return spkiOf(publicKey);
  }

  async generateUnwrapKey(label: string): Promise<Uint8Array> {
    const name = new Uint8Array(randomBytes(40));
    this.#keys.set(label, name);
    return name;
  }

  async sign(label: string, algorithm: SignatureAlgorithm, message: Uint8Array): Promise<Uint8Array> {
    const key = this.#signing.get(label);
    if (key === undefined) throw new Failure('token/key-missing', { label });
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    return new Uint8Array(sign('sha256', message, algorithm === 'PS256' ? { key, ...pss } : key));
  }

  async destroyKey(label: string): Promise<void> {
    if (!this.#keys.delete(label)) throw new Failure('token/key-missing', { label });
  }

  openJob(): Job {
    throw new Failure('token/failed', { operation: 'job', reason: 'a stub' });
  }

  async ensureStateKey(): Promise<void> {}

  encryptState(): Promise<Uint8Array> {
    throw new Failure('token/failed', { operation: 'state' });
  }

  decryptState(): Promise<number> {
    throw new Failure('token/failed', { operation: 'state' });
  }

  importClassKey(): Promise<Uint8Array> {
    throw new Failure('token/failed', { operation: 'import' });
  }

  [Symbol.dispose](): void {}
}
