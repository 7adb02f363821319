import { createCipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pieceAad, sealPiece, wrapTo } from '#tests/support/sealing.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly label: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
}
interface Group {
  readonly privateKeyPkcs8: string;
  readonly tests: readonly Vector[];
}

function groupsOf(file: string): readonly Group[] {
  const url = new URL(`../tests/vectors/wycheproof/${file}`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { testGroups: Group[] }).testGroups;
}

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
let tokens: SoftTokens;
let token: Pkcs11Token;
let prekey: Uint8Array;

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('vectors');
  prekey = await token.generateUnwrapKey('prekey', 2048);
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

describe('AES-GCM of Wycheproof, through the token', () => {
  const vectors = groupsOf('aes_gcm_256_96_128.json').flatMap((group) => group.tests);

  async function open(vector: Vector, out: Uint8Array): Promise<number> {
    using job = token.openJob();
    const key = await job.unwrapContentKey('prekey', wrapTo(prekey, bytes(vector.key)));
    return await job.open(key, bytes(vector.iv), bytes(vector.aad), bytes(vector.ct + vector.tag), out);
  }

  it.each(vectors.filter(({ aad }) => aad !== ''))('$tcId $comment is $result', async (vector) => {
    const out = Buffer.alloc(vector.ct.length / 2 + 16, 0xee);
    const opened = open(vector, out);
    if (vector.result === 'valid') expect(out.subarray(0, await opened)).toEqual(bytes(vector.msg));
    else await expect(opened).rejects.toMatchObject({ code: 'recipe/piece-not-authentic' });
  });

  it('are never run without associated data, with which the module could crash', async () => {
    const without = vectors.filter(({ aad }) => aad === '');
    expect(without.length).toBeGreaterThan(40);
    for (const vector of without) {
      await expect(open(vector, Buffer.alloc(vector.ct.length / 2 + 16))).rejects.toThrow(RangeError);
    }
  });
});

describe('RSA-OAEP of Wycheproof, through the token', () => {
  const [group] = groupsOf('rsa_oaep_2048_sha1.json');
  const vectors = group?.tests ?? [];

  beforeAll(async () => {
    const transport = await token.generateUnwrapKey('transport', 2048);
    const kek = randomBytes(32);
    const cipher = createCipheriv('id-aes256-wrap-pad', kek, bytes('a65959a6'));
    const wrappedKey = Buffer.concat([cipher.update(bytes(group?.privateKeyPkcs8 ?? '')), cipher.final()]);
    const names = { transportLabel: 'transport', classKeyLabel: 'vector' };
    await token.importClassKey({ ...names, wrappedKek: wrapTo(transport, kek), wrappedKey });
  });

  const refused = vectors.filter(({ result, label }) => result === 'invalid' || label !== '');
  it.each(refused)('$tcId $comment is refused', async ({ ct }) => {
    using job = token.openJob();
    await expect(job.unwrapContentKey('vector', bytes(ct))).rejects.toMatchObject({ code: 'token/unwrap-refused' });
  });

  const keys = vectors.filter(({ result, label, msg }) => result === 'valid' && label === '' && msg.length === 64);
  it.each(keys)('$tcId $comment unwraps to the key', async ({ ct, msg }) => {
    using job = token.openJob();
    const key = await job.unwrapContentKey('vector', bytes(ct));
    const [nonce, plaintext, out] = [randomBytes(12), randomBytes(32), Buffer.alloc(48)];
    const length = await job.open(key, nonce, pieceAad, sealPiece(bytes(msg), nonce, plaintext), out);
    expect(out.subarray(0, length)).toEqual(plaintext);
  });

  const others = vectors.filter(({ result, label, msg }) => result === 'valid' && label === '' && msg.length !== 64);
  it.each(others)('$tcId $comment holds no key of 32 bytes and opens nothing', async ({ ct, msg }) => {
    using job = token.openJob();
    const [nonce, out] = [randomBytes(12), Buffer.alloc(48)];
    const padded = Buffer.concat([bytes(msg), Buffer.alloc(32)]).subarray(0, 32);
    const tried = job
      .unwrapContentKey('vector', bytes(ct))
      .then((key) => job.open(key, nonce, pieceAad, sealPiece(padded, nonce, randomBytes(32)), out));
    await expect(tried).rejects.toThrow(/^token|^recipe/);
  });
});
