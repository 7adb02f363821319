import { beforeAll, describe, expect, it } from 'vitest';
import { paperCa, paperMachine, type Person, person, startOfTest } from '#tests/support/marketplace/people.ts';
import { instant } from '#shared/units.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import type { Role, TrustAnchors } from './certificate-chain.ts';
import { decodeSign1, encodeSign1, type Signer } from './cose-sign1.ts';
import { type MessageName, messages, type Payload } from './messages.ts';
import { openMessage, sealMessage, sha256 } from './signed-message.ts';

const roles: readonly Role[] = ['author', 'catalogue', 'licensing', 'machine', 'maker'];
const people = new Map<Role, Person>();
let anchors: TrustAnchors;

beforeAll(async () => {
  const ca = await paperCa('One CA for all');
  for (const role of roles) {
    people.set(role, role === 'machine' ? await paperMachine(ca, 'm-1', 'H') : await person(ca, role, role));
  }
  anchors = Object.fromEntries(roles.map((role) => [role, [ca.certificate]]));
});

const signer = (role: Role): Signer => people.get(role)?.signer ?? expect.fail(role);
const head = { index: 1, head: new Uint8Array(32) };
const [id, digest, machine] = [new Uint8Array(16), new Uint8Array(32), 'm-1'];
const terms = { kind: 'single_use', max_unsynced: 8 } as const;
const texts = { de: 'Text', en: 'Text' };
const usage = { cti: id, kid: digest, pieces: 3, reason: '', journal: head };

/** One of each kind of message. */
const examples: { readonly [N in MessageName]: Payload<N> } = {
  PREKEYS: {
    machine,
    batch: 1,
    previous: null,
    keys: [{ kid: digest, spki: new Uint8Array(400) }],
    journal: head,
    software: 'decant-0',
    time: 1,
  },
  DEPOSIT: {
    recipe: id,
    version: 1,
    manifest: digest,
    content_key: new Uint8Array(384),
    deposit_key: digest,
    price: 1,
    min_profile: 'H',
  },
  LISTING: {
    recipe: id,
    version: 1,
    manifest: digest,
    slug: 'drink',
    name: texts,
    description: texts,
    ingredient_names: { cola: texts },
    accent: '#00ff00',
    picture: new Uint8Array(3),
  },
  OFFER: {
    offer: id,
    machine,
    recipe: id,
    version: 1,
    manifest: digest,
    quantity: 1,
    price: 2,
    outputs: [{ role: 'licensor', script: new Uint8Array(22), sat: 2 }],
    terms,
    min_profile: 'S',
    expires: 1,
    nonce: id,
  },
  ORDER: { machine, offer: digest, idempotency_key: id, payment: { kind: 'prepaid', reference: 'r' }, time: 1 },
  LICENCE: {
    iss: 'https://market.test',
    sub: machine,
    cti: id,
    iat: 1,
    nbf: 1,
    exp: 2,
    seq: 1,
    order: digest,
    recipe: id,
    version: 1,
    manifest: digest,
    terms,
    slots: [{ kid: digest, content_key: new Uint8Array(256) }],
    status: { list: 'https://market.test/1', idx: 0 },
  },
  ACK: { machine, cti: id, seq: 1, journal: head },
  USAGE: { machine, ...usage, result: 'ok', ordered_ul: 1, delivered_ul: 1, started: 0, ended: 0 },
  USAGE_RECEIPT: { machine, usage: digest, cti: id, time: 1 },
  VOID_CLAIM: { machine, ...usage, time: 1 },
  REFUSED: { machine, request: digest, code: 'licence/claims-capped', time: 1 },
  TLS_GRANT: { machine, spki: digest, nonce: id, expires: 1 },
  HEAD: {
    machine,
    epoch: 0,
    since: null,
    links: [digest],
    journal: head,
    last_seq: 0,
    batch: { number: 0, digest: null },
    proof: null,
    released: null,
    told_again: null,
    time: 1,
  },
  WITNESS: { machine, epoch: 0, journal: head, seq: 1, batch: { number: 1, digest }, tell_again: null, time: 1 },
  RELEASE: { machine, head, epoch: 1, seq: 1, batch: { number: 1, digest }, person: 'Ada', reason: 'card', time: 1 },
  DECOMMISSION: {
    machine,
    epoch: 0,
    unspent: [{ cti: id, kid: digest }],
    ended: [digest],
    keys: 3,
    journal: head,
    time: 1,
  },
  QUARANTINE: { machine, seen: head, remembered: head, reason: 'rolled back', time: 1 },
  TIME: { machine, nonce: id, time: 1 },
  STATUS_LIST: {
    list: 'https://m.test/v1/status/1',
    number: 1,
    issued: 1,
    expires: 2,
    bits: new Uint8Array(3),
    machines: [machine],
    authors: [{ name: 'Ada', since: 1 }],
    recipes: [{ recipe: id, version: null }],
  },
  REVOKE: { target: { t: 'licence', cti: id }, reason: 'stolen', time: 1 },
  TRANSPORT_REQ: { machine, class: 'demo', spki: new Uint8Array(400), nonce: id },
  CLASS_KEY: {
    machine,
    class: 'demo',
    epoch: 1,
    kek: new Uint8Array(384),
    key: new Uint8Array(1800),
    certificate: new Uint8Array(600),
    nonce: id,
  },
  ANCHORS: { version: 2, anchors: { maker: [new Uint8Array(400)] }, time: 1 },
  SOFTWARE: { name: 'decant', version: '1.0.0', files: [{ path: 'a.ts', size: 3, sha256: digest }], time: 1 },
  VOUCHER: { voucher: id, machine, token_class: 'hsm', profile: 'H', expires: 2, time: 1 },
};

const names = Object.keys(examples) as MessageName[];
const sealed = <N extends MessageName>(name: N, by = signer(messages[name].role)): Promise<Uint8Array> =>
  sealMessage(name, examples[name], by);
const open = (name: MessageName, bytes: Uint8Array, at = startOfTest) => openMessage(name, bytes, anchors, at);
const refused = (code: string) => expect.objectContaining({ code }) as Error;

/** A message of that type with any payload, signed as it should be. */
const withPayload = (name: MessageName, payload: unknown): Promise<Uint8Array> => {
  const type = `application/decant-${name.toLowerCase().replaceAll('_', '-')}+cbor`;
  return encodeSign1(type, encodeCbor(payload), signer(messages[name].role));
};

describe('a signed message', () => {
  it.each(names)('%s is read as it was written, with who signed it', async (name) => {
    const bytes = await sealed(name);
    const { payload, from, digest: told } = open(name, bytes);
    expect(payload).toEqual(examples[name]);
    expect(from).toMatchObject({ role: messages[name].role, name: people.get(messages[name].role)?.name });
    expect(told).toEqual(sha256(bytes));
  });

  it.each(names)('%s has a type and an algorithm of its own', async (name) => {
    const { type, algorithm } = decodeSign1(await sealed(name), 1 << 20);
    expect(algorithm).toBe(messages[name].role === 'machine' ? 'PS256' : 'ES256');
    for (const other of names) {
      if (other === name) continue;
      expect(type).not.toBe(decodeSign1(await sealed(other), 1 << 20).type);
    }
  });

  it.each(names)('%s is taken for no other', async (name) => {
    const bytes = await sealed(name);
    for (const other of names) {
      if (other !== name) expect(() => open(other, bytes)).toThrow(/message\/(not-authentic|too-large)/);
    }
  });

  it.each(names)('%s is believed from one role only', async (name) => {
    for (const role of roles) {
      if (role === messages[name].role) continue;
      const by = signer(role);
      if (by.algorithm !== messages[name].algorithm) {
        await expect(sealed(name, by)).rejects.toThrow('is signed with');
        continue;
      }
      const bytes = await sealed(name, by);
      expect(() => open(name, bytes)).toThrow(refused('message/not-authentic'));
    }
  });

  it.each(names)('%s with fields that nobody knows, or without one, is malformed', async (name) => {
    const good = decodeCbor(decodeSign1(await sealed(name), 1 << 20).payload, 1 << 20) as object;
    const fields = good instanceof Map ? [...good] : Object.entries(good);
    const made = async (changed: [unknown, unknown][]): Promise<Uint8Array> =>
      withPayload(name, good instanceof Map ? new Map(changed) : Object.fromEntries(changed as [string, unknown][]));
    const more = await made([...(fields as [unknown, unknown][]), ['zz_unknown', 1]]);
    expect(() => open(name, more)).toThrow(refused('message/malformed'));
    for (const [i, [key]] of (fields as [unknown, unknown][]).entries()) {
      const less = await made((fields as [unknown, unknown][]).filter((_, k) => k !== i));
      if (key === 'order' || key === 'replaces') expect(open(name, less).payload).not.toHaveProperty(key);
      else expect(() => open(name, less)).toThrow(refused('message/malformed'));
    }
  });

  it('is refused for its size before it is looked at', () => {
    for (const name of names) {
      const { maxBytes } = messages[name];
      expect(() => open(name, new Uint8Array(maxBytes + 1))).toThrow(refused('message/too-large'));
      expect(() => open(name, new Uint8Array(maxBytes))).toThrow(refused('message/malformed'));
    }
  });

  it('is refused with a bit flipped anywhere', async () => {
    const bytes = await sealed('ACK');
    for (let at = 0; at < bytes.length; at += 7) {
      const bent = bytes.slice();
      bent[at] = (bent[at] ?? 0) ^ 4;
      expect(() => open('ACK', bent)).toThrow(/message\/(not-authentic|malformed)/);
    }
  });

  it('is judged by the time that it is given', async () => {
    const year = 366 * 24 * 3600 * 1000;
    const bytes = await sealed('WITNESS');
    expect(() => open('WITNESS', bytes, instant(startOfTest + year))).toThrow(refused('message/not-authentic'));
    expect(() => open('WITNESS', bytes, instant(startOfTest - year))).toThrow(refused('message/not-authentic'));
  });

  it('is not sealed with fields that its schema does not know', async () => {
    const bad = { ...examples.ACK, amount_ul: 1 } as Payload<'ACK'>;
    await expect(sealMessage('ACK', bad, signer('machine'))).rejects.toThrow(/amount_ul/);
  });

  it('is not sealed larger than anyone would take it', async () => {
    const links = Array.from({ length: 2049 }, () => digest);
    await expect(sealMessage('HEAD', { ...examples.HEAD, links }, signer('machine'))).rejects.toThrow(/links/);
    const full = { ...examples.HEAD, links: links.slice(1) };
    expect(open('HEAD', await sealMessage('HEAD', full, signer('machine'))).payload).toEqual(full);
  });
});

describe('a licence on the wire', () => {
  it('has the registered claims of a CWT under their numbers (RFC 8392 §4)', async () => {
    const claims = decodeCbor(decodeSign1(await sealed('LICENCE'), 1 << 20).payload, 1 << 20) as Map<unknown, unknown>;
    expect([1, 2, 4, 5, 6, 7].map((key) => claims.get(key))).toEqual(['https://market.test', machine, 2, 1, 1, id]);
    for (const name of ['iss', 'sub', 'exp', 'nbf', 'iat', 'cti']) expect(claims.has(name)).toBe(false);
  });

  it('is not taken with a claim under its name, beside or in place of its number', async () => {
    const claims = decodeCbor(decodeSign1(await sealed('LICENCE'), 1 << 20).payload, 1 << 20) as Map<unknown, unknown>;
    const beside = new Map(claims).set('sub', machine);
    const instead = new Map(beside);
    instead.delete(2);
    const named = { ...examples.LICENCE };
    for (const payload of [beside, instead, named]) {
      const bytes = await withPayload('LICENCE', payload);
      expect(() => open('LICENCE', bytes)).toThrow(refused('message/malformed'));
    }
  });
});

describe('fields of messages', () => {
  const opened = async (changes: object): Promise<unknown> =>
    open('USAGE', await withPayload('USAGE', { ...examples.USAGE, ...changes })).payload;

  it.each([
    ['a machine id in capitals', { machine: 'M-1' }],
    ['a machine id that is too long', { machine: 'm'.repeat(64) }],
    ['a short id', { cti: new Uint8Array(15) }],
    ['a long digest', { kid: new Uint8Array(33) }],
    ['text in place of bytes', { kid: 'x'.repeat(32) }],
    ['a negative amount', { ordered_ul: -1 }],
    ['an amount that no machine holds', { delivered_ul: 10_000_001 }],
    ['a number beyond 2^53', { started: 2n ** 60n }],
    ['an unknown result', { result: 'great' }],
    ['a long reason', { reason: 'x'.repeat(65) }],
    ['more in a part', { journal: { ...head, more: 1 } }],
    ['a key that is no name of ours', { ['__proto__x']: 1 }],
  ])('refuse %s', async (_, changes) => {
    await expect(opened(changes)).rejects.toThrow('message/malformed');
  });

  it('refuse the name that objects have from birth', async () => {
    const map = new Map<unknown, unknown>(Object.entries(examples.USAGE)).set('__proto__', 1);
    const bytes = await withPayload('USAGE', map);
    expect(() => open('USAGE', bytes)).toThrow(refused('message/malformed'));
  });

  it('take what is at their limits', async () => {
    const limits = { machine: 'm'.repeat(63), reason: 'x'.repeat(64), ordered_ul: 10_000_000 };
    expect(await opened(limits)).toMatchObject(limits);
  });
});
