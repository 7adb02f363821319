import { constants, createCipheriv, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Token } from '#hsm/token.ts';
import { spkiOf } from '#wire/certificate-chain.ts';
import { pieceAad, publicKeyOf, sealPiece, wrapTo } from './sealing.ts';

/** A token on the bench, initialised and empty. */
export interface TokenBench extends AsyncDisposable {
  /** Logged in. */
  readonly token: Token;
  /** Logs out and in again; `token` is then the new login. */
  reopen(): Promise<void>;
}

export interface TokenTraits {
  readonly tokenClass: Token['tokenClass'];
  readonly profile: Token['profile'];
  /** False where a wrong wrapping puts the whole token out of service: it must then not be tried here. */
  readonly bearsWrongWrapping: boolean;
  /** False where a refused operation makes a key undeletable until the process ends. */
  readonly bearsMisuse: boolean;
  /** False where a private key that was unwrapped may more than was asked for: a class key is then not taken. */
  readonly keepsUsesOfUnwrapped: boolean;
}

type Bench = () => TokenBench;
const message = Buffer.from('an order');

/** What every token behind `Token` keeps, whatever module it is and whichever profile it has. */
export function tokenContract(name: string, traits: TokenTraits, open: () => Promise<TokenBench>): void {
  describe(`${name} keeps the contract of a token:`, () => {
    let bench: TokenBench | null = null;
    const opened = (): TokenBench => {
      if (bench === null) throw new Error('the bench is not open');
      return bench;
    };
    beforeAll(async () => {
      bench = await open();
      const { token } = bench;
      await token.generateSigningKey('identity', { rsaBits: 3072 });
      await token.generateSigningKey('licensing', { curve: 'P-256' });
      await token.generateUnwrapKey('prekey/1', 2048);
      await token.ensureStateKey();
    });
    afterAll(async () => {
      await bench?.[Symbol.asyncDispose]();
    });
    keepsKeys(opened, traits);
    signs(opened, traits);
    opensPieces(opened, traits);
    keepsState(opened);
    takesClassKeys(opened, traits);
    destroysKeys(opened);
  });
}

function keepsKeys(bench: Bench, { tokenClass, profile }: TokenTraits): void {
  it('it says which class and profile it has', () => {
    expect(bench().token).toMatchObject({ tokenClass, profile });
  });

  it('it finds its keys again after the next log-in, and no second key of a label is made', async () => {
    const labels = ['identity', 'licensing', 'prekey/1'];
    const before = labels.map((label) => bench().token.publicKey(label));
    await bench().reopen();
    const { token } = bench();
    expect(labels.map((label) => token.publicKey(label))).toEqual(before);
    expect(labels.every((label) => token.hasKey(label))).toBe(true);
    expect(token.listKeys('prekey/')).toEqual(['prekey/1']);
    await expect(token.generateUnwrapKey('identity', 2048)).rejects.toThrow('token/failed');
  });
}

function signs(bench: Bench, { bearsMisuse }: TokenTraits): void {
  it('its signatures are those that node:crypto verifies', async () => {
    const { token } = bench();
    const key = publicKeyOf(token.publicKey('identity'));
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    expect(verify('sha256', message, pss, await token.sign('identity', 'PS256', message))).toBe(true);
    expect(verify('sha256', message, key, await token.sign('identity', 'RS256', message))).toBe(true);
    const ec = { key: publicKeyOf(token.publicKey('licensing')), dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha256', message, ec, await token.sign('licensing', 'ES256', message))).toBe(true);
  });

  it('a key does what it was made for and nothing else', async () => {
    const { token } = bench();
    await token.generateUnwrapKey('misused/unwrap', 2048);
    await token.generateSigningKey('misused/sign', { rsaBits: 2048 });
    for (const algorithm of ['RS256', 'PS256'] as const) {
      await expect(token.sign('misused/unwrap', algorithm, message)).rejects.toThrow('token/failed');
    }
    await expect(token.sign('misused/sign', 'ES256', message)).rejects.toThrow('token/failed');
    using job = token.openJob();
    const wrapped = wrapTo(token.publicKey('misused/sign'), randomBytes(32));
    await expect(job.unwrapContentKey('misused/sign', wrapped)).rejects.toThrow('token/unwrap-refused');
    await expect(job.unwrapContentKey('none', wrapped)).rejects.toThrow('token/key-missing');
    for (const label of ['misused/unwrap', 'misused/sign']) {
      // no key is taken for destroyed that is still there
      if (bearsMisuse) await token.destroyKey(label);
      else await expect(token.destroyKey(label)).rejects.toThrow('token/destroy-unproven');
      expect(token.hasKey(label)).toBe(!bearsMisuse);
    }
  });

  it('many signatures at once are all right, and the event loop turns meanwhile', async () => {
    const { token } = bench();
    const key = publicKeyOf(token.publicKey('identity'));
    const messages = Array.from({ length: 50 }, (_, i) => Buffer.from(`order ${i}`));
    let [ticks, done] = [0, false];
    const tick = (): void => {
      ticks += 1;
      if (!done) setTimeout(tick, 0);
    };
    setTimeout(tick, 0);
    const signatures = await Promise.all(messages.map((order) => token.sign('identity', 'RS256', order)));
    done = true;
    expect(signatures.every((one, i) => verify('sha256', messages[i] ?? message, key, one))).toBe(true);
    expect(ticks).toBeGreaterThan(5);
  });
}

function opensPieces(bench: Bench, { bearsWrongWrapping }: TokenTraits): void {
  const clearKey = randomBytes(32);
  const nonce = randomBytes(12);
  const wrapped = (): Uint8Array => wrapTo(bench().token.publicKey('prekey/1'), clearKey);

  it.each([0, 1, 64, 4096, 65_536])('a job opens a piece of %i bytes', async (size) => {
    using job = bench().token.openJob();
    const key = await job.unwrapContentKey('prekey/1', wrapped());
    const [plaintext, out] = [randomBytes(size), Buffer.alloc(size + 16)];
    const length = await job.open(key, nonce, pieceAad, sealPiece(clearKey, nonce, plaintext), out);
    expect(out.subarray(0, length).equals(plaintext)).toBe(true);
  });

  it('a flipped bit anywhere is one and the same failure, with zeros in the buffer', async () => {
    const sealed = sealPiece(clearKey, nonce, randomBytes(64));
    using job = bench().token.openJob();
    const key = await job.unwrapContentKey('prekey/1', wrapped());
    type Parts = Record<'nonce' | 'aad' | 'sealed', Uint8Array>;
    const parts: Parts = { nonce, aad: pieceAad, sealed };
    const place = fc
      .constantFrom<keyof Parts>('nonce', 'aad', 'sealed')
      .chain((part) => fc.record({ part: fc.constant(part), bit: fc.nat(parts[part].length * 8 - 1) }));
    await fc.assert(
      fc.asyncProperty(place, async ({ part, bit }) => {
        const changed: Parts = { ...parts, [part]: flipped(parts[part], bit) };
        const out = Buffer.alloc(sealed.length, 0xee);
        const opening = job.open(key, changed.nonce, changed.aad, changed.sealed, out);
        await expect(opening).rejects.toMatchObject({ code: 'recipe/piece-not-authentic', facts: {} });
        expect(out.every((byte) => byte === 0)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('a piece that is cut short or extended is refused the same way, down to a tag of four bytes', async () => {
    const sealed = sealPiece(clearKey, nonce, randomBytes(20));
    using job = bench().token.openJob();
    const key = await job.unwrapContentKey('prekey/1', wrapped());
    for (const changed of [0, 4, 15, 16, 24, 35].map((length) => sealed.subarray(0, length))) {
      const opening = job.open(key, nonce, pieceAad, changed, Buffer.alloc(40));
      await expect(opening).rejects.toMatchObject({ code: 'recipe/piece-not-authentic' });
    }
    const longer = job.open(key, nonce, pieceAad, Buffer.concat([sealed, Buffer.of(0)]), Buffer.alloc(40));
    await expect(longer).rejects.toMatchObject({ code: 'recipe/piece-not-authentic' });
  });

  it('a job refuses a small buffer, another length of nonce and no associated data, and is not spoilt by it', async () => {
    const sealed = sealPiece(clearKey, nonce, randomBytes(64));
    using job = bench().token.openJob();
    const key = await job.unwrapContentKey('prekey/1', wrapped());
    await expect(job.open(key, nonce, pieceAad, sealed, Buffer.alloc(64))).rejects.toThrow('invariant');
    await expect(job.open(key, Buffer.alloc(16), pieceAad, sealed, Buffer.alloc(80))).rejects.toThrow(RangeError);
    await expect(job.open(key, nonce, Buffer.alloc(0), sealed, Buffer.alloc(80))).rejects.toThrow(RangeError);
    await expect(job.open(key, nonce, pieceAad, sealed, Buffer.alloc(80))).resolves.toBe(64);
  });

  it('keys belong to the job that unwrapped them, and end with it', async () => {
    const sealed = sealPiece(clearKey, nonce, randomBytes(64));
    const one = bench().token.openJob();
    using other = bench().token.openJob();
    const key = await one.unwrapContentKey('prekey/1', wrapped());
    await expect(other.open(key, nonce, pieceAad, sealed, Buffer.alloc(80))).rejects.toThrow('invariant');
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    await expect(one.open(key, nonce, pieceAad, sealed, Buffer.alloc(80))).rejects.toThrow('token/failed');
    await expect(one.unwrapContentKey('prekey/1', wrapped())).rejects.toThrow('token/failed');
  });

  it('calls made at once in two jobs are all right', async () => {
    const jobs = [bench().token.openJob(), bench().token.openJob()];
    const opened = jobs.map(async (job, i) => {
      const key = await job.unwrapContentKey('prekey/1', wrapped());
      const pieces = Array.from({ length: 20 }, (_, j) => Buffer.alloc(64, 20 * i + j));
      const outs = pieces.map(() => Buffer.alloc(80));
      await Promise.all(
        pieces.map((piece, j) =>
          job.open(key, nonce, pieceAad, sealPiece(clearKey, nonce, piece), outs[j] ?? Buffer.alloc(0)),
        ),
      );
      return pieces.every((piece, j) => outs[j]?.subarray(0, 64).equals(piece));
    });
    expect(await Promise.all(opened)).toEqual([true, true]);
    for (const job of jobs) job[Symbol.dispose]();
  });

  if (!bearsWrongWrapping) return;
  it('a wrapping that was changed, made for another key, or of another length is one and the same failure', async () => {
    using job = bench().token.openJob();
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const right = wrapped();
    const short = wrapTo(bench().token.publicKey('prekey/1'), randomBytes(16));
    const wrongs = [flipped(right, 999), wrapTo(spkiOf(other), clearKey), Buffer.alloc(256), Buffer.alloc(0)];
    for (const wrong of wrongs) {
      await expect(job.unwrapContentKey('prekey/1', wrong)).rejects.toMatchObject({
        code: 'token/unwrap-refused',
        facts: {},
      });
    }
    // the length of an unwrapped key cannot be told from outside: it fails at the first piece, where unwrapping does not
    const sealed = sealPiece(clearKey, nonce, randomBytes(64));
    const opening = job
      .unwrapContentKey('prekey/1', short)
      .then((key) => job.open(key, nonce, pieceAad, sealed, Buffer.alloc(80)));
    await expect(opening).rejects.toThrow(/token\/unwrap-refused|recipe\/piece-not-authentic/);
    const key = await job.unwrapContentKey('prekey/1', right);
    await expect(job.open(key, nonce, pieceAad, sealed, Buffer.alloc(80))).resolves.toBe(64);
  });
}

function keepsState(bench: Bench): void {
  const aad = Buffer.from('stock');

  it('state is sealed afresh each time and opens again after the next log-in', async () => {
    const once = await bench().token.encryptState(message, aad);
    expect(once).not.toEqual(await bench().token.encryptState(message, aad));
    await bench().reopen();
    await bench().token.ensureStateKey();
    const out = Buffer.alloc(once.length);
    const length = await bench().token.decryptState(once, aad, out);
    expect(out.subarray(0, length).equals(message)).toBe(true);
  });

  it('state that was changed anywhere is refused, and the buffer wiped', async () => {
    const { token } = bench();
    const sealed = Buffer.from(await token.encryptState(message, aad));
    const changed = [0, 100, sealed.length * 4, sealed.length * 8 - 1].map((bit) => flipped(sealed, bit));
    for (const wrong of [...changed, sealed.subarray(1), sealed.subarray(0, 20), Buffer.alloc(0)]) {
      const out = Buffer.alloc(sealed.length, 0xee);
      await expect(token.decryptState(wrong, aad, out)).rejects.toThrow('token/state-not-authentic');
      expect(out.every((byte) => byte === 0)).toBe(true);
    }
    const other = token.decryptState(sealed, Buffer.from('other'), Buffer.alloc(sealed.length));
    await expect(other).rejects.toThrow('token/state-not-authentic');
  });
}

function takesClassKeys(bench: Bench, { profile, keepsUsesOfUnwrapped }: TokenTraits): void {
  it('a class key comes in wrapped where the token unwraps, and not at all where it would come in the clear', async () => {
    const { token } = bench();
    const transport = await token.generateUnwrapKey('transport', 2048);
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const kek = randomBytes(32);
    const cipher = createCipheriv('id-aes256-wrap-pad', kek, Buffer.from('a65959a6', 'hex'));
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
    const importing = token.importClassKey({
      transportLabel: 'transport',
      classKeyLabel: 'class',
      wrappedKek: wrapTo(transport, kek),
      wrappedKey: Buffer.concat([cipher.update(pkcs8), cipher.final()]),
    });
    if (profile === 'S') {
      await expect(importing).rejects.toThrow('token/mechanism-missing');
      await token.destroyKey('transport');
    } else if (!keepsUsesOfUnwrapped) {
      await expect(importing).rejects.toMatchObject({ code: 'token/failed', facts: { operation: 'read back' } });
      expect([token.hasKey('class'), token.hasKey('transport')]).toEqual([false, false]);
    } else {
      expect(Buffer.from(await importing).equals(spkiOf(publicKey))).toBe(true);
      expect([token.hasKey('class'), token.hasKey('transport')]).toEqual([true, false]);
      await token.destroyKey('class');
    }
  });
}

function destroysKeys(bench: Bench): void {
  it('a destroyed key is gone for this log-in and the next, and so is everything else when all are destroyed', async () => {
    const { token } = bench();
    await token.generateUnwrapKey('prekey/2', 2048);
    await token.destroyKey('prekey/2');
    expect([token.hasKey('prekey/2'), token.hasKey('prekey/1')]).toEqual([false, true]);
    await expect(token.destroyKey('prekey/2')).rejects.toThrow('token/key-missing');
    await bench().reopen();
    expect(bench().token.hasKey('prekey/2')).toBe(false);
    const left = bench().token.listKeys('misused/');
    for (const label of bench().token.listKeys('')) {
      if (!left.includes(label)) await bench().token.destroyKey(label);
    }
    expect(bench().token.listKeys('')).toEqual(left);
  });
}

function flipped(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
