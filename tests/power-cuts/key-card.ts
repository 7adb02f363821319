import { constants, generateKeyPairSync, type KeyObject, privateDecrypt, sign } from 'node:crypto';
import type { Job, SignatureAlgorithm, Token } from '#hsm/token.ts';
import { softwareOpener } from '#recipes/software-opener.ts';
import { Failure } from '#shared/failure.ts';
import { spkiOf } from '#wire/certificate-chain.ts';
import type { Fuse } from './fuse.ts';
import type { Loss } from './loss.ts';

interface Key {
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
}

/**
 * How the token refuses to destroy: the key stays; or its file does, which this process no longer sees and the next does; or it
 * goes and nobody can prove it.
 */
export type Refusal = 'key-stays' | 'file-stays' | 'unproven';

type Change =
  | { readonly t: 'made'; readonly label: string; readonly key: Key }
  | { readonly t: 'gone'; readonly label: string };

/** RSA keys are slow to make: one-time keys are taken from here, on each card in the same order. */
const store: Key[] = [];

function makeKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey, spki: spkiOf(publicKey) };
}

/**
 * A token whose keys are files, as SoftHSM's: one that is made or destroyed is so for this process at once, and for good only
 * when its folder is synced. `open` is a process's way to it, which syncs what it finds; each step may be that process's last.
 */
export class KeyCard {
  refuses: Refusal | null = null;
  #live = new Map<string, Key>();
  #durable = new Map<string, Key>();
  #unsynced: Change[] = [];
  #made = 0;

  copy(): KeyCard {
    const copy = new KeyCard();
    copy.#live = new Map(this.#live);
    copy.#durable = new Map(this.#live);
    copy.#made = this.#made;
    return copy;
  }

  /** Whether a process that starts now finds the key. */
  has(label: string): boolean {
    return this.#live.has(label);
  }

  /** Whether the key surely is gone, whatever is lost. */
  isGone(label: string): boolean {
    return !this.#live.has(label) && !this.#durable.has(label);
  }

  labels(prefix: string): string[] {
    return [...this.#live.keys()].filter((label) => label.startsWith(prefix)).sort();
  }

  lose(loss: Loss): void {
    for (const change of loss.keep(this.#unsynced)) apply(change, this.#durable);
    this.#live = new Map(this.#durable);
    this.#unsynced = [];
  }

  async open(fuse: Fuse): Promise<Token> {
    await fuse.pass('sync token');
    this.#settle();
    const forgotten = new Set<string>();
    const require = (label: string): Key => {
      const key = forgotten.has(label) ? undefined : this.#live.get(label);
      if (key === undefined) throw new Failure('token/key-missing', { label });
      return key;
    };
    const make = async (label: string, key: Key): Promise<Uint8Array> => {
      await fuse.pass('make key');
      this.#change({ t: 'made', label, key });
      await fuse.pass('sync made key');
      this.#settle();
      return key.spki;
    };
    return {
      tokenClass: 'soft',
      profile: 'H',
      label: 'card',
      serial: 'card-1',
      hasKey: (label) => this.#live.has(label) && !forgotten.has(label),
      listKeys: (prefix) => this.labels(prefix).filter((label) => !forgotten.has(label)),
      publicKey: (label) => require(label).spki,
      generateSigningKey: (label) => make(label, makeKey()),
      generateUnwrapKey: (label) => make(label, this.#next()),
      async sign(label, algorithm, message) {
        await fuse.pass('sign');
        return signed(require(label), algorithm, message);
      },
      destroyKey: async (label) => {
        require(label);
        await fuse.pass('destroy key');
        this.#destroy(label, forgotten);
        await fuse.pass('sync destroyed key');
        this.#settle();
      },
      openJob: () => openJob(require, fuse),
      ...stateKey,
      importClassKey: unused,
      [Symbol.dispose]() {},
    };
  }

  #destroy(label: string, forgotten: Set<string>): void {
    if (this.refuses === 'file-stays') forgotten.add(label);
    if (this.refuses === 'unproven' || this.refuses === null) this.#change({ t: 'gone', label });
    if (this.refuses !== null) throw new Failure('token/destroy-unproven', { label, because: this.refuses });
  }

  #next(): Key {
    const key = store[this.#made] ?? makeKey();
    store[this.#made] = key;
    this.#made += 1;
    return key;
  }

  #change(change: Change): void {
    apply(change, this.#live);
    this.#unsynced.push(change);
  }

  #settle(): void {
    this.#durable = new Map(this.#live);
    this.#unsynced = [];
  }
}

/** The state key is not of this story: what is under it lies in the clear. */
const stateKey: Pick<Token, 'ensureStateKey' | 'encryptState' | 'decryptState'> = {
  async ensureStateKey() {},
  async encryptState(plaintext) {
    return Uint8Array.of(...new Uint8Array(12), ...plaintext, ...new Uint8Array(16));
  },
  async decryptState(sealed, _aad, out) {
    out.set(sealed.subarray(12, -16));
    return sealed.length - 28;
  },
};

function unused(): never {
  throw new Failure('token/failed', { operation: 'not of this story' });
}

function apply(change: Change, keys: Map<string, Key>): void {
  if (change.t === 'made') keys.set(change.label, change.key);
  else keys.delete(change.label);
}

function signed({ privateKey: key }: Key, algorithm: SignatureAlgorithm, message: Uint8Array): Uint8Array {
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return new Uint8Array(sign('sha256', message, algorithm === 'PS256' ? { key, ...pss } : key));
}

/** Content keys in this process's memory: what they open is real. */
function openJob(require: (label: string) => Key, fuse: Fuse): Job {
  const keys = new WeakMap<object, Uint8Array>();
  let isOpen = true;
  return {
    async unwrapContentKey(label, wrapped) {
      await fuse.pass('unwrap');
      const handle = { kind: 'content-key' } as const;
      keys.set(handle, unwrapped(require(label), wrapped));
      return handle;
    },
    async open(handle, nonce, aad, ciphertext, out) {
      const key = keys.get(handle);
      if (!isOpen || key === undefined) throw new Failure('token/failed', { operation: 'open' });
      return softwareOpener.open(key, nonce, aad, ciphertext, out);
    },
    [Symbol.dispose]() {
      isOpen = false;
    },
  };
}

function unwrapped({ privateKey: key }: Key, wrapped: Uint8Array): Uint8Array {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  try {
    return new Uint8Array(privateDecrypt({ key, padding, oaepHash: 'sha1' }, wrapped));
  } catch (error) {
    throw new Failure('token/unwrap-refused', {}, error);
  }
}
