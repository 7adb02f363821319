import { createPublicKey, type KeyObject } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import { asking, type Handle } from '../cryptoki.ts';
import { ecSpki, rsaSpki } from '../key-objects.ts';
import { type KeyTemplate, keyTemplates, toAttributes } from '../key-templates.ts';
import type { Login } from '../login.ts';
import { type KeyShape, keyShapes } from './key-shape.ts';
import { type PairId, type PairKind, TemporaryKeys } from './temporary-keys.ts';

/** The keys that probes share. */
export type BenchKey = 'sign-2048' | 'sign-3072' | 'sign-p256' | 'unwrap' | 'decrypt';

const kinds: Readonly<Record<BenchKey, readonly [PairKind, KeyTemplate]>> = {
  'sign-2048': [{ rsaBits: 2048 }, keyTemplates.rsaSigning],
  'sign-3072': [{ rsaBits: 3072 }, keyTemplates.rsaSigning],
  'sign-p256': [{ curve: 'P-256' }, keyTemplates.ecSigning],
  unwrap: [{ rsaBits: 2048 }, keyTemplates.unwrap],
  decrypt: [{ rsaBits: 2048 }, keyTemplates.decrypt],
};

/** A login on which a report tries things. What it makes belongs to one session, or lies in the token under one label. */
export class ProbeBench implements Disposable {
  readonly login: Login;
  readonly keys: TemporaryKeys;
  /** Owner of every key that lives as long as the report. */
  readonly session: Handle;
  /** How templates have to look; that of the standard until it is found. */
  shape: KeyShape = { ...standardShape() };
  /** Whether pairs have to lie in the token. */
  lasting = true;
  /** The content key in the clear, as an author has it. */
  readonly clearKey: Buffer;
  readonly #pairs = new Map<BenchKey, PairId>();
  #contentKey: Handle | null = null;

  constructor(login: Login) {
    this.login = login;
    this.clearKey = this.random(32);
    this.session = login.openSession();
    this.keys = new TemporaryKeys(login, this.session);
  }

  random(length: number): Buffer {
    return Buffer.from(this.login.entropy.bytes(length));
  }

  get api(): pkcs11.PKCS11 {
    return this.login.cryptoki.api;
  }

  /** Makes the pair anew; the one before is destroyed. */
  make(key: BenchKey): PairId {
    const before = this.#pairs.get(key);
    if (before) this.keys.destroyPair(before);
    this.#pairs.delete(key);
    const [kind, template] = kinds[key];
    const pair = this.keys.makePair(kind, template, this.shape, this.lasting);
    this.#pairs.set(key, pair);
    return pair;
  }

  /** The private half; the pair is made when it is not there. */
  privateKey(key: BenchKey): Handle {
    return this.keys.half(this.#pairs.get(key) ?? this.make(key), pkcs11.CKO_PRIVATE_KEY);
  }

  has(key: BenchKey): boolean {
    return this.#pairs.has(key);
  }

  publicKey(key: BenchKey): KeyObject {
    const privateKey = this.privateKey(key);
    const publicHalf = (): Handle => this.keys.half(this.#pairs.get(key) ?? Buffer.alloc(0), pkcs11.CKO_PUBLIC_KEY);
    const spki = key === 'sign-p256' ? ecSpki(this.login, publicHalf()) : rsaSpki(this.login, privateKey);
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  }

  /** Tries one shape after the other until a signing pair can be made; what the standard's was refused for otherwise. */
  findShape(): void {
    let first: unknown = null;
    for (const shape of keyShapes()) {
      this.shape = shape;
      try {
        // it stays until the sweep: tpm2-pkcs11 1.9 loses what is made after its oldest object was destroyed
        this.keys.makePair(...kinds['sign-2048'], shape, true);
        return;
      } catch (error) {
        first ??= error;
      }
    }
    this.shape = standardShape();
    throw first;
  }

  /** The template of a session key as this module takes it. */
  attributes(template: KeyTemplate, first: pkcs11.Template): pkcs11.Template {
    return toAttributes(template, this.shape, first);
  }

  get contentKey(): Handle {
    if (this.#contentKey === null) throw new Error('there is no content key');
    return this.#contentKey;
  }

  set contentKey(key: Handle) {
    if (this.#contentKey !== null) this.api.C_DestroyObject(this.session, this.#contentKey);
    this.#contentKey = key;
  }

  /** Runs `task` with a session of its own: what it leaves open ends with it. */
  async inSession<T>(task: (session: Handle) => T | Promise<T>): Promise<T> {
    const session = this.login.openSession();
    try {
      return await task(session);
    } finally {
      this.login.closeSession(session);
    }
  }

  [Symbol.dispose](): void {
    for (const pair of this.#pairs.values()) this.keys.destroyPair(pair);
    this.login.closeSession(this.session);
  }
}

function standardShape(): KeyShape {
  const [shape] = keyShapes();
  if (shape === undefined) throw new Error('there is no shape');
  return shape;
}

/** Fails unless the module refuses `call`; `promise` says in words what it then did. */
export function mustRefuse(promise: string, call: () => unknown): void {
  try {
    asking('probe', call);
  } catch {
    return;
  }
  throw new Error(promise);
}

/** Fails with `wrong` unless `right`. */
export function mustHold(right: boolean, wrong: string): void {
  if (!right) throw new Error(wrong);
}
