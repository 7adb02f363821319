import {
  constants,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  sign,
} from 'node:crypto';
import type { ClassKeyDelivery, Job, SignatureAlgorithm, Token } from '#hsm/token.ts';
import type { TokenObject } from '#hsm/token-objects.ts';
import { Failure } from '#shared/failure.ts';
import { spkiOf } from '#wire/certificate-chain.ts';

interface HeldKey {
  readonly kind: TokenObject['kind'];
  readonly key: KeyObject | null;
}

/**
 * A token in memory for tests that need hundreds of provisionings: real RSA and real unwrapping, keys taken in turn from a
 * few made beforehand. `calls` counts what changes it; `before` may throw there, as a power cut does.
 */
export class MemoryToken implements Token {
  readonly tokenClass = 'soft';
  readonly profile = 'H';
  readonly label = 'memory';
  readonly serial = 'memory-1';
  readonly #keys = new Map<string, HeldKey>();
  readonly #fresh: () => KeyObject;
  /** Called before and after each change, with its name. */
  cut: (point: string) => void = () => {};

  constructor(fresh: () => KeyObject) {
    this.#fresh = fresh;
  }

  hasKey(label: string): boolean {
    return this.#keys.get(label)?.key instanceof Object;
  }

  listKeys(prefix: string): string[] {
    return [...this.#keys]
      .flatMap(([label, { key }]) => (key !== null && label.startsWith(prefix) ? [label] : []))
      .sort();
  }

  publicKey(label: string): Uint8Array {
    return spkiOf(createPublicKey(this.#require(label)));
  }

  /** Takes over all keys of another. */
  putAll(other: MemoryToken): void {
    for (const [label, held] of other.#keys) this.#keys.set(label, held);
  }

  /** Every object, all of them as they should be. */
  objects(): TokenObject[] {
    return [...this.#keys].map(([label, { kind, key }]) => ({
      objectClass: key === null ? 'secret' : 'private',
      label,
      kind,
      deviations: [],
    }));
  }

  async generateSigningKey(label: string): Promise<Uint8Array> {
    return this.#change(`generate ${label}`, () => this.#put(label, 'identity', this.#fresh()));
  }

  async generateUnwrapKey(label: string): Promise<Uint8Array> {
    const kind = label === 'transport' ? 'transport key' : 'prekey';
    return this.#change(`generate ${label}`, () => this.#put(label, kind, this.#fresh()));
  }

  async sign(label: string, algorithm: SignatureAlgorithm, message: Uint8Array): Promise<Uint8Array> {
    const key = this.#require(label);
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    return new Uint8Array(sign('sha256', message, algorithm === 'PS256' ? { key, ...pss } : key));
  }

  async destroyKey(label: string): Promise<void> {
    this.#require(label);
    this.#change(`destroy ${label}`, () => this.#keys.delete(label));
  }

  openJob(): Job {
    throw new Failure('token/failed', { operation: 'job', reason: 'in memory' });
  }

  async ensureStateKey(): Promise<void> {
    if (this.#keys.has('state')) return;
    this.#change('make state', () => this.#keys.set('state', { kind: 'state key', key: null }));
  }

  encryptState(): Promise<Uint8Array> {
    throw new Failure('token/failed', { operation: 'state', reason: 'in memory' });
  }

  decryptState(): Promise<number> {
    throw new Failure('token/failed', { operation: 'state', reason: 'in memory' });
  }

  /** In the order of the real one: unwrapped, then the transport key destroyed; any failure takes both. */
  async importClassKey(delivery: ClassKeyDelivery): Promise<Uint8Array> {
    const { transportLabel, classKeyLabel } = delivery;
    const transport = this.#require(transportLabel);
    if (this.#keys.has(classKeyLabel)) throw new Failure('token/failed', { reason: 'label is taken' });
    try {
      const spki = this.#change(`unwrap ${classKeyLabel}`, () =>
        this.#put(classKeyLabel, 'class key', unwrapped(transport, delivery)),
      );
      this.#change(`destroy ${transportLabel}`, () => this.#keys.delete(transportLabel));
      return spki;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#keys.delete(classKeyLabel);
      this.#keys.delete(transportLabel);
      throw error;
    }
  }

  [Symbol.dispose](): void {}

  #put(label: string, kind: HeldKey['kind'], key: KeyObject): Uint8Array {
    if (this.#keys.has(label)) throw new Failure('token/failed', { operation: 'name key', reason: 'label is taken' });
    this.#keys.set(label, { kind, key });
    return spkiOf(createPublicKey(key));
  }

  #require(label: string): KeyObject {
    const key = this.#keys.get(label)?.key;
    if (!key) throw new Failure('token/key-missing', { label });
    return key;
  }

  #change<T>(what: string, change: () => T): T {
    this.cut(`before ${what}`);
    const made = change();
    this.cut(`after ${what}`);
    return made;
  }
}

function unwrapped(transport: KeyObject, { wrappedKek, wrappedKey }: ClassKeyDelivery): KeyObject {
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const kek = privateDecrypt({ key: transport, padding, oaepHash: 'sha1' }, wrappedKek);
    const decipher = createDecipheriv('id-aes256-wrap-pad', kek, Buffer.from('a65959a6', 'hex'));
    const der = Buffer.concat([decipher.update(wrappedKey), decipher.final()]);
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch (error) {
    throw new Failure('token/unwrap-refused', {}, error);
  }
}

/** Hands out RSA-2048 keys, `count` of them in turn: making one takes a tenth of a second. */
export function keysInTurn(count: number): () => KeyObject {
  const keys: KeyObject[] = [];
  let next = 0;
  return () => {
    const at = next % count;
    next += 1;
    keys[at] ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    return keys[at];
  };
}
