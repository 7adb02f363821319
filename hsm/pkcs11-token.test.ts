import { constants, randomBytes, verify } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pieceAad, publicKeyOf, sealPiece, wrapTo } from '#tests/support/sealing.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';
import { SecureBuffer } from './secure-buffer.ts';
import type { ContentKeyHandle, Job } from './token.ts';

let tokens: SoftTokens;
let token: Pkcs11Token;

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('mixer');
  await token.generateSigningKey('identity', { rsaBits: 2048 });
  await token.generateSigningKey('licensing', { curve: 'P-256' });
  await token.generateUnwrapKey('prekey/1', 2048);
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

const message = Buffer.from('an order');

describe('a token', () => {
  it('says what it is, by the module and not by its own word', () => {
    expect(token).toMatchObject({ tokenClass: 'soft', profile: 'H', label: 'mixer' });
    expect(token.serial).toMatch(/^[0-9a-f]{16}$/);
  });

  it('lists keys by the beginning of their label', () => {
    expect(token.listKeys('')).toEqual(['identity', 'licensing', 'prekey/1']);
    expect(token.listKeys('prekey/')).toEqual(['prekey/1']);
    expect(token.listKeys('rekey')).toEqual([]);
    expect([token.hasKey('prekey/1'), token.hasKey('prekey/')]).toEqual([true, false]);
  });

  it('makes no second key of a label, and none of a label that cannot be one', async () => {
    for (const label of ['identity', '', 'a b', 'ä', 'x'.repeat(65)]) {
      await expect(token.generateUnwrapKey(label, 2048)).rejects.toMatchObject({ code: 'token/failed' });
    }
    expect(token.listKeys('')).toHaveLength(3);
  });

  it('has no public key for a label without key', () => {
    expect(() => token.publicKey('none')).toThrow('token/key-missing');
  });

  it('finds the same keys when it is opened again', async () => {
    const before = ['identity', 'licensing', 'prekey/1'].map((label) => token.publicKey(label));
    token[Symbol.dispose]();
    token = await tokens.reopen('mixer');
    expect(['identity', 'licensing', 'prekey/1'].map((label) => token.publicKey(label))).toEqual(before);
  });
});

describe('signing', () => {
  it('answers PS256 and RS256 with an RSA key, as node:crypto verifies them', async () => {
    const key = publicKeyOf(token.publicKey('identity'));
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    expect(verify('sha256', message, pss, await token.sign('identity', 'PS256', message))).toBe(true);
    expect(verify('sha256', message, key, await token.sign('identity', 'RS256', message))).toBe(true);
  });

  it('answers ES256 with a P-256 key as r ‖ s', async () => {
    const signature = await token.sign('licensing', 'ES256', message);
    expect(signature).toHaveLength(64);
    const key = publicKeyOf(token.publicKey('licensing'));
    expect(verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
  });

  it('is refused with a key of another kind, an unwrap key, or none', async () => {
    for (const [label, algorithm] of [
      ['identity', 'ES256'],
      ['licensing', 'PS256'],
      ['prekey/1', 'RS256'],
      ['prekey/1', 'PS256'],
    ] as const) {
      await expect(token.sign(label, algorithm, message)).rejects.toMatchObject({ code: 'token/failed' });
    }
    await expect(token.sign('none', 'PS256', message)).rejects.toMatchObject({ code: 'token/key-missing' });
  });

  it('runs a hundred times at once, each signature right, while the event loop turns', async () => {
    let [turns, done] = [0, false];
    const turn = (): void => {
      turns += 1;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    const key = publicKeyOf(token.publicKey('identity'));
    const messages = Array.from({ length: 100 }, (_, i) => Buffer.from(`order ${i}`));
    const signatures = await Promise.all(messages.map((order) => token.sign('identity', 'RS256', order)));
    done = true;
    const verdicts = signatures.map((signature, i) => verify('sha256', messages[i] ?? message, key, signature));
    expect(verdicts.every(Boolean)).toBe(true);
    expect(turns).toBeGreaterThan(10);
  });

  it('goes on beside the making and destroying of keys', async () => {
    const key = publicKeyOf(token.publicKey('licensing'));
    const made = ['a', 'b', 'c'].map((name) => token.generateUnwrapKey(`prekey/${name}`, 2048));
    const signatures = await Promise.all(Array.from({ length: 50 }, () => token.sign('licensing', 'ES256', message)));
    await Promise.all(made);
    await Promise.all(['a', 'b', 'c'].map((name) => token.destroyKey(`prekey/${name}`)));
    const right = signatures.filter((one) => verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, one));
    expect(right).toHaveLength(50);
    expect(token.listKeys('prekey/')).toEqual(['prekey/1']);
  });
});

describe('a job', () => {
  const key = randomBytes(32);
  const nonce = randomBytes(12);
  const plaintext = randomBytes(64);
  const sealed = sealPiece(key, nonce, plaintext);
  let job: Job;
  let contentKey: ContentKeyHandle;

  beforeAll(async () => {
    job = token.openJob();
    contentKey = await job.unwrapContentKey('prekey/1', wrapTo(token.publicKey('prekey/1'), key));
  });
  afterAll(() => job[Symbol.dispose]());

  it('opens a piece into a locked buffer', async () => {
    using out = new SecureBuffer(sealed.length);
    const length = await job.open(contentKey, nonce, pieceAad, sealed, out.bytes);
    expect(out.bytes.subarray(0, length)).toEqual(plaintext);
  });

  it('answers a flipped bit anywhere with one and the same failure, and zeros in the buffer', async () => {
    type Parts = Record<'nonce' | 'aad' | 'sealed', Uint8Array>;
    const parts: Parts = { nonce, aad: pieceAad, sealed };
    const place = fc
      .constantFrom<keyof Parts>('nonce', 'aad', 'sealed')
      .chain((part) => fc.record({ part: fc.constant(part), bit: fc.nat(parts[part].length * 8 - 1) }));
    await fc.assert(
      fc.asyncProperty(place, async ({ part, bit }) => {
        const changed: Parts = { ...parts, [part]: flipped(parts[part], bit) };
        const out = Buffer.alloc(sealed.length, 0xee);
        const opened = job.open(contentKey, changed.nonce, changed.aad, changed.sealed, out);
        const failure: unknown = await opened.catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'recipe/piece-not-authentic', facts: {} });
        expect(out.every((byte) => byte === 0)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('answers every length that is cut or extended the same way', async () => {
    const longer = Buffer.concat([sealed, Buffer.of(0)]);
    for (const changed of [...Array.from(sealed, (_, length) => sealed.subarray(0, length)), longer]) {
      const opened = job.open(contentKey, nonce, pieceAad, changed, Buffer.alloc(sealed.length + 1));
      await expect(opened).rejects.toMatchObject({ code: 'recipe/piece-not-authentic' });
    }
  });

  it('asks for a buffer with room for the tag, and is not spoilt by a smaller one', async () => {
    await expect(job.open(contentKey, nonce, pieceAad, sealed, Buffer.alloc(64))).rejects.toThrow('invariant');
    await expect(job.open(contentKey, Buffer.alloc(16), pieceAad, sealed, Buffer.alloc(80))).rejects.toThrow(
      RangeError,
    );
    await expect(job.open(contentKey, nonce, pieceAad, sealed, Buffer.alloc(80))).resolves.toBe(64);
  });

  it('runs calls made at once one after the other', async () => {
    const opened = Array.from({ length: 40 }, () => job.open(contentKey, nonce, pieceAad, sealed, Buffer.alloc(80)));
    expect(await Promise.all(opened)).toEqual(Array<number>(40).fill(64));
  });

  it('refuses a wrapping that was changed, or made for another key', async () => {
    const other = await token.generateUnwrapKey('prekey/other', 2048);
    const wrapped = Buffer.from(wrapTo(token.publicKey('prekey/1'), key));
    for (const wrong of [flipped(wrapped, 999), wrapTo(other, key), Buffer.alloc(256), Buffer.alloc(0)]) {
      const unwrapped = job.unwrapContentKey('prekey/1', wrong);
      await expect(unwrapped).rejects.toMatchObject({ code: 'token/unwrap-refused', facts: {} });
    }
    await expect(job.unwrapContentKey('none', wrapped)).rejects.toMatchObject({ code: 'token/key-missing' });
    await expect(job.unwrapContentKey('identity', wrapped)).rejects.toMatchObject({ code: 'token/unwrap-refused' });
  });

  it('does not use the content key of another job', async () => {
    using other = token.openJob();
    await expect(other.open(contentKey, nonce, pieceAad, sealed, Buffer.alloc(80))).rejects.toThrow('invariant');
  });

  it('begins nothing after it ended, and can be ended twice', async () => {
    const ended = token.openJob();
    ended[Symbol.dispose]();
    ended[Symbol.dispose]();
    const unwrapped = ended.unwrapContentKey('prekey/1', wrapTo(token.publicKey('prekey/1'), key));
    await expect(unwrapped).rejects.toMatchObject({ code: 'token/failed' });
  });

  it('lets the call under way end when it is ended, and the token with it', async () => {
    const one = await tokens.make('brief');
    const spki = await one.generateUnwrapKey('prekey', 2048);
    const inside = one.openJob();
    const handle = await inside.unwrapContentKey('prekey', wrapTo(spki, key));
    const out = Buffer.alloc(80);
    const opening = inside.open(handle, nonce, pieceAad, sealed, out);
    await Promise.resolve();
    one[Symbol.dispose]();
    await expect(opening).resolves.toBe(64);
    expect(out.subarray(0, 64)).toEqual(plaintext);
    await expect(one.sign('prekey', 'RS256', message)).rejects.toMatchObject({ code: 'token/failed' });
  });
});

describe('the state key', () => {
  const aad = Buffer.from('stock');
  beforeAll(async () => {
    await token.ensureStateKey();
    await token.ensureStateKey();
  });

  it('seals with a fresh IV each time and opens again', async () => {
    const [once, twice] = [await token.encryptState(message, aad), await token.encryptState(message, aad)];
    expect(once).toHaveLength(12 + message.length + 16);
    expect(once).not.toEqual(twice);
    for (const sealed of [once, twice]) {
      const out = Buffer.alloc(sealed.length);
      const length = await token.decryptState(sealed, aad, out);
      expect(out.subarray(0, length)).toEqual(message);
    }
  });

  it('refuses a flipped bit, other associated data and every shorter length, and wipes the buffer', async () => {
    const sealed = Buffer.from(await token.encryptState(message, aad));
    const shorter = Array.from(sealed, (_, length) => sealed.subarray(0, length));
    for (const changed of [flipped(sealed, 0), flipped(sealed, 100), flipped(sealed, 270), ...shorter]) {
      const out = Buffer.alloc(sealed.length, 0xee);
      const opened = token.decryptState(changed, aad, out);
      await expect(opened).rejects.toMatchObject({ code: 'token/state-not-authentic' });
      expect(out.every((byte) => byte === 0)).toBe(true);
    }
    const other = token.decryptState(sealed, Buffer.from('other'), Buffer.alloc(sealed.length));
    await expect(other).rejects.toMatchObject({ code: 'token/state-not-authentic' });
  });

  it('is no private key, and missing in a token that never made one', async () => {
    expect(token.listKeys('state')).toEqual([]);
    using fresh = await tokens.make('fresh');
    await expect(fresh.encryptState(message, aad)).rejects.toMatchObject({ code: 'token/key-missing' });
  });
});

function flipped(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
