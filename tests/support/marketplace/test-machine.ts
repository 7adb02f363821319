import { constants, generateKeyPairSync, type KeyObject, privateDecrypt } from 'node:crypto';
import { origin } from '#marketplace/licensing/follow-journal.ts';
import type { Head } from '#marketplace/licensing/standing.ts';
import { hex } from '#shared/entropy.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { decodeCbor } from '#wire/cbor.ts';
import { spkiOf, type TrustAnchors } from '#wire/certificate-chain.ts';
import { decodeSign1 } from '#wire/cose-sign1.ts';
import { type MessageName, messages, type Payload } from '#wire/messages.ts';
import { openMessage, sealMessage, sha256 } from '#wire/signed-message.ts';
import type { Person } from './people.ts';
import type { Drink, TestWorld } from './test-world.ts';

interface KeyPair {
  readonly kid: Uint8Array;
  readonly spki: Uint8Array;
  readonly privateKey: KeyObject;
}

/** Each machine counts through the same pairs: making one takes long, and no machine sees another's. */
const pairs: KeyPair[] = [];

function pairOf(index: number): KeyPair {
  const made = pairs[index];
  if (made !== undefined) return made;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = spkiOf(publicKey);
  const pair = { kid: sha256(spki), spki, privateKey };
  pairs[index] = pair;
  return pair;
}

/** What a cell does toward the marketplace, with keys in memory. */
export class TestMachine {
  readonly person: Person;
  readonly #world: TestWorld;
  readonly #prekeys = new Map<string, KeyObject>();
  #made = 0;
  #batch = 0;
  #previous: Uint8Array | null = null;

  constructor(world: TestWorld, person: Person) {
    this.#world = world;
    this.person = person;
  }

  get name(): string {
    return this.person.name;
  }

  seal<N extends MessageName>(name: N, payload: Payload<N>): Promise<Uint8Array> {
    return sealMessage(name, payload, this.person.signer);
  }

  /** The next PREKEYS with so many fresh keys. */
  async prekeys(count: number, changes: Partial<Payload<'PREKEYS'>> = {}): Promise<Uint8Array> {
    const keys = Array.from({ length: count }, () => {
      const { kid, spki, privateKey } = pairOf(this.#made);
      this.#made += 1;
      this.#prekeys.set(hex(kid), privateKey);
      return { kid, spki };
    });
    this.#batch += 1;
    const message = await this.seal('PREKEYS', {
      machine: this.name,
      batch: this.#batch,
      previous: this.#previous,
      keys,
      journal: origin,
      software: 'test',
      time: this.#world.clock.now(),
      ...changes,
    });
    this.#previous = sha256(message);
    return message;
  }

  async sendPrekeys(count: number): Promise<void> {
    await this.#world.services.licensing.prekeys(this.name, await this.prekeys(count));
  }

  /** Asks for an offer; answers the signed message. */
  offer(drink: Drink, quantity = 1): Promise<Uint8Array> {
    const request = {
      recipe: drink.recipeHex,
      version: drink.version,
      quantity,
      nonce: hex(systemEntropy.bytes(16)),
    };
    return this.#world.services.catalogue.offer(this.name, request);
  }

  order(offer: Uint8Array, changes: Partial<Payload<'ORDER'>> = {}): Promise<Uint8Array> {
    return this.seal('ORDER', {
      machine: this.name,
      offer: sha256(offer),
      idempotency_key: systemEntropy.bytes(16),
      payment: { kind: 'prepaid', reference: '' },
      time: this.#world.clock.now(),
      ...changes,
    });
  }

  /** Buys one use of `drink` and answers the licence. */
  async buy(drink: Drink, quantity = 1): Promise<Payload<'LICENCE'>> {
    const { licensing } = this.#world.services;
    const { seq } = await licensing.order(this.name, await this.order(await this.offer(drink, quantity)));
    return this.licence(seq);
  }

  /** The licence of that number, verified as a cell would. */
  async licence(seq: number): Promise<Payload<'LICENCE'>> {
    const { services, identity, clock } = this.#world;
    const [message] = await services.licensing.licencesAfter(this.name, seq - 1);
    if (message === undefined) throw new Error(`no licence ${seq}`);
    return openMessage('LICENCE', message, { licensing: [identity.ca] }, clock.now()).payload;
  }

  /** The content key in a slot. */
  unwrap({ kid, content_key }: Payload<'LICENCE'>['slots'][number]): Uint8Array {
    const key = this.#prekeys.get(hex(kid));
    if (key === undefined) throw new Error('not a prekey of this machine');
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, content_key);
  }

  usage({ cti, slots }: Payload<'LICENCE'>, changes: Partial<Payload<'USAGE'>> = {}): Promise<Uint8Array> {
    return this.seal('USAGE', {
      machine: this.name,
      cti,
      kid: slots[0]?.kid ?? new Uint8Array(32),
      result: 'ok',
      pieces: 8,
      ordered_ul: 191_500,
      delivered_ul: 191_500,
      started: 0,
      ended: 0,
      reason: '',
      journal: origin,
      ...changes,
    });
  }

  voidClaim({ cti, slots }: Payload<'LICENCE'>, changes: Partial<Payload<'VOID_CLAIM'>> = {}): Promise<Uint8Array> {
    return this.seal('VOID_CLAIM', {
      machine: this.name,
      cti,
      kid: slots[0]?.kid ?? new Uint8Array(32),
      pieces: 0,
      reason: 'power cut',
      journal: origin,
      time: this.#world.clock.now(),
      ...changes,
    });
  }

  /** The last word of a machine that destroys its keys. */
  decommission(changes: Partial<Payload<'DECOMMISSION'>> = {}): Promise<Uint8Array> {
    const payload = { machine: this.name, epoch: 0, unspent: [], ended: [], keys: 0, journal: origin };
    return this.seal('DECOMMISSION', { ...payload, time: this.#world.clock.now(), ...changes });
  }

  async sendHead(
    journal: TestJournal,
    since: Head | null,
    epoch = 0,
    changes: Partial<Payload<'HEAD'>> = {},
  ): Promise<Uint8Array> {
    return this.#world.services.licensing.head(this.name, await this.head(journal, since, epoch, changes));
  }

  /**
   * Does with a RELEASE what a cell does: gives its one-time keys up, and tells the head of the new epoch, in which `ended`
   * uses are over. Answers licensing's answer.
   */
  async begin(
    release: Uint8Array,
    journal: TestJournal,
    { unspent = [], ended = [] }: Partial<NonNullable<Payload<'HEAD'>['released']>> = {},
  ): Promise<Uint8Array> {
    const { payload, digest } = openMessage('RELEASE', release, this.#licensing, this.#world.clock.now());
    this.#batch = payload.batch.number;
    this.#previous = payload.batch.digest;
    this.#prekeys.clear();
    const changes = { proof: release, last_seq: payload.seq, released: { release: digest, unspent, ended } };
    return this.sendHead(journal.grow(2), payload.head, payload.epoch, changes);
  }

  get #licensing(): TrustAnchors {
    return { licensing: [this.#world.identity.ca] };
  }

  /** HEAD for where `journal` stands, with the links since `since`. */
  head(
    journal: TestJournal,
    since: Head | null,
    epoch = 0,
    changes: Partial<Payload<'HEAD'>> = {},
  ): Promise<Uint8Array> {
    return this.seal('HEAD', {
      machine: this.name,
      epoch,
      since,
      links: journal.links.slice(since?.index ?? 0),
      journal: journal.head,
      last_seq: 0,
      batch: { number: this.#batch, digest: this.#previous },
      proof: null,
      released: null,
      told_again: null,
      time: this.#world.clock.now(),
      ...changes,
    });
  }
}

/** A journal of which only the digests matter. */
export class TestJournal {
  readonly links: Uint8Array[];

  constructor(links: readonly Uint8Array[] = []) {
    this.links = [...links];
  }

  get head(): Head {
    let head = origin.head;
    for (const link of this.links) head = sha256(new Uint8Array([...head, ...link]));
    return { index: this.links.length, head };
  }

  /** Appends entries that nobody else has. */
  grow(count: number): this {
    for (let i = 0; i < count; i += 1) this.links.push(systemEntropy.bytes(32));
    return this;
  }

  /** A copy, as of a restored card. */
  copy(): TestJournal {
    return new TestJournal(this.links);
  }
}

/** The payload and type of a message, not verified. */
export function told(name: MessageName, message: Uint8Array): { type: string; payload: unknown } {
  const { maxBytes } = messages[name];
  const { type, payload } = decodeSign1(message, maxBytes);
  return { type, payload: decodeCbor(payload, maxBytes) };
}
