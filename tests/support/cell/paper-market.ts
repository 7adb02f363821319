import { randomBytes } from 'node:crypto';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import type { SealedRecords } from '#recipes/seal-records.ts';
import type { Clock } from '#shared/clock.ts';
import { hex } from '#shared/entropy.ts';
import type { TrustAnchors } from '#wire/certificate-chain.ts';
import type { Payload } from '#wire/messages.ts';
import { openMessage, sealMessage, sha256 } from '#wire/signed-message.ts';
import { packBits } from '#wire/status-bits.ts';
import { type PaperCa, type Person, paperCa, person } from '../marketplace/people.ts';

/** Catalogue and licensing on paper: they say whatever a test wants said, rightly signed. */
export class PaperMarket {
  readonly ca: PaperCa;
  readonly catalogue: Person;
  readonly licensing: Person;
  readonly #clock: Clock;
  readonly #spki = new Map<string, Uint8Array>();

  private constructor(clock: Clock, ca: PaperCa, catalogue: Person, licensing: Person) {
    this.#clock = clock;
    this.ca = ca;
    this.catalogue = catalogue;
    this.licensing = licensing;
  }

  static async open(clock: Clock): Promise<PaperMarket> {
    const ca = await paperCa('Paper marketplace CA');
    const catalogue = await person(ca, 'catalogue', 'Paper catalogue');
    return new PaperMarket(clock, ca, catalogue, await person(ca, 'licensing', 'Paper licensing'));
  }

  get #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /** Remembers the keys of a PREKEYS message. */
  takePrekeys(message: Uint8Array, anchors: TrustAnchors): Payload<'PREKEYS'> {
    const { payload } = openMessage('PREKEYS', message, anchors, this.#clock.now());
    for (const { kid, spki } of payload.keys) this.#spki.set(hex(kid), spki);
    return payload;
  }

  offer(
    machine: string,
    { manifest, digest }: SealedRecords,
    nonce: Uint8Array,
    changes: Partial<Payload<'OFFER'>> = {},
  ): Promise<Uint8Array> {
    const { recipe_id: recipe, version } = manifest;
    return sealMessage(
      'OFFER',
      {
        offer: new Uint8Array(randomBytes(16)),
        machine,
        recipe,
        version,
        manifest: digest,
        quantity: 1,
        price: 900,
        outputs: [
          { role: 'licensor', script: new Uint8Array(22), sat: 630 },
          { role: 'marketplace', script: new Uint8Array(22), sat: 270 },
        ],
        terms: { kind: 'single_use', max_unsynced: 8 },
        min_profile: 'H',
        expires: this.#clock.now() + 600_000,
        nonce,
        ...changes,
      },
      this.catalogue.signer,
    );
  }

  /** The claims of a licence for `kids` of `machine`; number 1 unless told. */
  async claims(
    machine: string,
    { manifest, digest, contentKey }: SealedRecords,
    because: { readonly order: Uint8Array } | { readonly replaces: Uint8Array } | object,
    kids: readonly Uint8Array[],
    changes: Partial<Payload<'LICENCE'>> = {},
  ): Promise<Payload<'LICENCE'>> {
    const wrapped = (kid: Uint8Array): Promise<Uint8Array> => {
      const spki = this.#spki.get(hex(kid));
      // a key of a stub token is a name only
      return spki === undefined || spki.length < 100
        ? Promise.resolve(new Uint8Array(256))
        : contentKey.wrapTo(spki, nodeSealCrypto);
    };
    const iat = this.#seconds;
    return {
      iss: 'https://paper.test',
      sub: machine,
      cti: new Uint8Array(randomBytes(16)),
      iat,
      nbf: iat - 600,
      exp: iat + 86_400,
      seq: 1,
      ...because,
      recipe: manifest.recipe_id,
      version: manifest.version,
      manifest: digest,
      terms: { kind: 'single_use', max_unsynced: 8 },
      slots: await Promise.all(kids.map(async (kid) => ({ kid, content_key: await wrapped(kid) }))),
      status: { list: 'https://paper.test/status/1', idx: 1 },
      ...changes,
    };
  }

  licence(claims: Payload<'LICENCE'>): Promise<Uint8Array> {
    return sealMessage('LICENCE', claims, this.licensing.signer);
  }

  receipt(machine: string, usage: Uint8Array, cti: Uint8Array): Promise<Uint8Array> {
    const payload = { machine, usage: sha256(usage), cti, time: this.#clock.now() };
    return sealMessage('USAGE_RECEIPT', payload, this.licensing.signer);
  }

  /** TIME for a nonce, by this clock unless told. */
  time(machine: string, nonce: Uint8Array, time: number = this.#clock.now()): Promise<Uint8Array> {
    return sealMessage('TIME', { machine, nonce, time }, this.licensing.signer);
  }

  /** A STATUS_LIST that names nobody, good for a year; `revoked` are status indices. */
  statusList(revoked: readonly number[] = [], changes: Partial<Payload<'STATUS_LIST'>> = {}): Promise<Uint8Array> {
    const issued = this.#clock.now();
    return sealMessage(
      'STATUS_LIST',
      {
        list: 'https://paper.test/status/1',
        number: 1,
        issued,
        expires: issued + 365 * 24 * 3600 * 1000,
        bits: packBits(revoked, 1024),
        machines: [],
        authors: [],
        recipes: [],
        ...changes,
      },
      this.licensing.signer,
    );
  }

  revoke(target: Payload<'REVOKE'>['target']): Promise<Uint8Array> {
    return sealMessage('REVOKE', { target, reason: 'a test', time: this.#clock.now() }, this.licensing.signer);
  }

  refusal(machine: string, request: Uint8Array): Promise<Uint8Array> {
    const payload = { machine, request: sha256(request), code: 'licence/claims-capped', time: this.#clock.now() };
    return sealMessage('REFUSED', payload, this.licensing.signer);
  }

  witness(
    machine: string,
    journal: Payload<'WITNESS'>['journal'],
    changes: Partial<Payload<'WITNESS'>> = {},
  ): Promise<Uint8Array> {
    const batch = { number: 0, digest: null };
    const payload = { machine, epoch: 0, journal, seq: 0, batch, tell_again: null, time: this.#clock.now() };
    return sealMessage('WITNESS', { ...payload, ...changes }, this.licensing.signer);
  }

  /** `seen`: the head that the machine reported. */
  quarantine(
    machine: string,
    seen: Payload<'QUARANTINE'>['seen'] = { index: 0, head: new Uint8Array(32) },
  ): Promise<Uint8Array> {
    const remembered = { index: 0, head: new Uint8Array(32) };
    const payload = { machine, seen, remembered, reason: 'rolled back', time: this.#clock.now() };
    return sealMessage('QUARANTINE', payload, this.licensing.signer);
  }

  release(
    machine: string,
    head: Payload<'RELEASE'>['head'],
    changes: Partial<Payload<'RELEASE'>> = {},
  ): Promise<Uint8Array> {
    const payload = {
      machine,
      head,
      epoch: 1,
      seq: 0,
      batch: { number: 0, digest: null },
      person: 'Olga Operator',
      reason: 'card replaced',
      time: this.#clock.now(),
    };
    return sealMessage('RELEASE', { ...payload, ...changes }, this.licensing.signer);
  }
}
