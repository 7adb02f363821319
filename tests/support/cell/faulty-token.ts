import type { ClassKeyDelivery, Job, SignatureAlgorithm, SigningKeyKind, Token } from '#hsm/token.ts';

/** A token whose steps can be made to fail, or be held up. */
export class FaultyToken implements Token {
  /** Asked before each step that changes or uses a key; what it throws, the step throws. */
  before: (step: 'generate' | 'sign' | 'destroy' | 'job', label: string) => Promise<void> | void = () => {};
  /** What a job is, given the real one. */
  job: (real: Job) => Job = (real) => real;
  /** Jobs that are open now. */
  openJobs = 0;
  readonly #real: Token;

  constructor(real: Token) {
    this.#real = real;
  }

  get tokenClass() {
    return this.#real.tokenClass;
  }

  get profile() {
    return this.#real.profile;
  }

  get label() {
    return this.#real.label;
  }

  get serial() {
    return this.#real.serial;
  }

  hasKey(label: string): boolean {
    return this.#real.hasKey(label);
  }

  listKeys(prefix: string): string[] {
    return this.#real.listKeys(prefix);
  }

  publicKey(label: string): Uint8Array {
    return this.#real.publicKey(label);
  }

  generateSigningKey(label: string, kind: SigningKeyKind): Promise<Uint8Array> {
    return this.#real.generateSigningKey(label, kind);
  }

  async generateUnwrapKey(label: string, bits: 2048 | 3072): Promise<Uint8Array> {
    await this.before('generate', label);
    return this.#real.generateUnwrapKey(label, bits);
  }

  async sign(label: string, algorithm: SignatureAlgorithm, message: Uint8Array): Promise<Uint8Array> {
    await this.before('sign', label);
    return this.#real.sign(label, algorithm, message);
  }

  async destroyKey(label: string): Promise<void> {
    await this.before('destroy', label);
    return this.#real.destroyKey(label);
  }

  openJob(): Job {
    const real = this.#real.openJob();
    this.openJobs += 1;
    const end = (): void => {
      this.openJobs -= 1;
      real[Symbol.dispose]();
    };
    return this.job({
      unwrapContentKey: (label, wrapped) => real.unwrapContentKey(label, wrapped),
      open: (...args) => real.open(...args),
      [Symbol.dispose]: end,
    });
  }

  ensureStateKey(): Promise<void> {
    return this.#real.ensureStateKey();
  }

  encryptState(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array> {
    return this.#real.encryptState(plaintext, aad);
  }

  decryptState(sealed: Uint8Array, aad: Uint8Array, out: Uint8Array): Promise<number> {
    return this.#real.decryptState(sealed, aad, out);
  }

  importClassKey(delivery: ClassKeyDelivery): Promise<Uint8Array> {
    return this.#real.importClassKey(delivery);
  }

  [Symbol.dispose](): void {
    this.#real[Symbol.dispose]();
  }
}
