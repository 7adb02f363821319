import {
  constants,
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  sign,
} from 'node:crypto';
import type { ContentKeyHandle, Job, SignatureAlgorithm, SigningKeyKind, Token } from '#hsm/token.ts';
import { softwareOpener } from '#recipes/software-opener.ts';
import type { Entropy } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { spkiOf } from '#wire/certificate-chain.ts';

export interface PaperKey {
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
}

/** Keys in the order in which they are asked for; made once, so that two runs have the same ones. */
export class KeyShelf {
  readonly #keys: PaperKey[] = [];

  /** Key number `n` for RSA-2048, or for P-256. */
  at(n: number, isCurve: boolean): PaperKey {
    const known = this.#keys[n];
    if (known !== undefined) return known;
    const { publicKey, privateKey } = isCurve
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = { privateKey, spki: spkiOf(publicKey) };
    this.#keys[n] = key;
    return key;
  }
}

/** A token in memory that does at once and repeatably what a real one does; all RSA keys are of 2048 bits. */
export class PaperToken implements Token {
  readonly tokenClass = 'soft';
  readonly profile = 'H';
  readonly label = 'paper';
  readonly serial = 'paper-1';
  readonly #shelf: KeyShelf;
  readonly #entropy: Entropy;
  readonly #keys: Map<string, PaperKey>;
  readonly #state: Uint8Array;
  #made = 0;

  constructor(shelf: KeyShelf, entropy: Entropy, from: PaperToken | null = null) {
    this.#shelf = shelf;
    this.#entropy = entropy;
    this.#keys = new Map(from === null ? [] : from.#keys);
    this.#made = from === null ? 0 : from.#made;
    this.#state = from === null ? entropy.bytes(32) : from.#state;
  }

  hasKey(label: string): boolean {
    return this.#keys.has(label);
  }

  listKeys(prefix: string): string[] {
    return [...this.#keys.keys()].filter((label) => label.startsWith(prefix)).sort();
  }

  publicKey(label: string): Uint8Array {
    return this.#require(label).spki;
  }

  async generateSigningKey(label: string, kind: SigningKeyKind): Promise<Uint8Array> {
    return this.#make(label, 'curve' in kind);
  }

  async generateUnwrapKey(label: string): Promise<Uint8Array> {
    return this.#make(label, false);
  }

  async sign(label: string, algorithm: SignatureAlgorithm, message: Uint8Array): Promise<Uint8Array> {
    const { privateKey: key } = this.#require(label);
    switch (algorithm) {
      case 'PS256':
        return bytes(sign('sha256', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }));
      case 'RS256':
        return bytes(sign('sha256', message, key));
      case 'ES256':
        return bytes(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }));
    }
  }

  async destroyKey(label: string): Promise<void> {
    if (!this.#keys.delete(label)) throw new Failure('token/key-missing', { label });
  }

  openJob(): Job {
    const opened = new WeakMap<ContentKeyHandle, Uint8Array>();
    return {
      unwrapContentKey: async (label, wrapped) => {
        const handle: ContentKeyHandle = { kind: 'content-key' };
        opened.set(handle, this.unwrap(label, wrapped));
        return handle;
      },
      open: (key, ...rest) => softwareOpener.open(opened.get(key) ?? new Uint8Array(32), ...rest),
      [Symbol.dispose]() {},
    };
  }

  async ensureStateKey(): Promise<void> {}

  async encryptState(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    const iv = this.#entropy.bytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#state, iv, { authTagLength: 16 }).setAAD(aad);
    return bytes(Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
  }

  async decryptState(sealed: Uint8Array, aad: Uint8Array, out: Uint8Array): Promise<number> {
    const iv = sealed.subarray(0, 12);
    const decipher = createDecipheriv('aes-256-gcm', this.#state, iv, { authTagLength: 16 }).setAAD(aad);
    decipher.setAuthTag(sealed.subarray(-16));
    try {
      const plaintext = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
      out.set(plaintext);
      return plaintext.length;
    } catch (error) {
      throw new Failure('token/state-not-authentic', {}, error);
    }
  }

  importClassKey(): Promise<Uint8Array> {
    throw new Failure('token/failed', { operation: 'not of this test' });
  }

  /** RSA-OAEP in the clear. */
  unwrap(label: string, wrapped: Uint8Array): Uint8Array {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    try {
      return bytes(privateDecrypt({ key: this.#require(label).privateKey, padding, oaepHash: 'sha1' }, wrapped));
    } catch (error) {
      throw new Failure('token/unwrap-refused', {}, error);
    }
  }

  [Symbol.dispose](): void {}

  #make(label: string, isCurve: boolean): Uint8Array {
    const key = this.#shelf.at(this.#made, isCurve);
    this.#made += 1;
    this.#keys.set(label, key);
    return key.spki;
  }

  #require(label: string): PaperKey {
    const key = this.#keys.get(label);
    if (key === undefined) throw new Failure('token/key-missing', { label });
    return key;
  }
}

const bytes = (buffer: Uint8Array): Uint8Array => new Uint8Array(buffer);
