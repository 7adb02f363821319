import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wrapTo } from '#tests/support/sealing.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import { asBytes, readCose } from '#tests/vectors/support/cose-reader.ts';
import { type CoseVector, coseVectors, hexBytes, plaintextOf } from '#tests/vectors/support/vector-file.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';

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

/** A128GCM, A192GCM, A256GCM. */
const gcm: readonly number[] = [1, 2, 3];
const vectors = ['aes-gcm-examples', 'encrypted-tests', 'rsa-oaep-examples']
  .flatMap((folder) => coseVectors(folder))
  .map(([name, vector]) => {
    const kind = vector.input.encrypted === undefined ? 'Encrypt' : 'Encrypt0';
    return { name, vector, read: () => readCose(kind, hexBytes(vector.output.cbor)) };
  });
const ours = vectors.filter(({ vector, read }) => vector.fail !== true && gcm.includes(read().alg));

/** The whole IV of a message that carries a part of it. */
const unsentIv = ({ input }: CoseVector): string | undefined => input.enveloped?.unsent?.IV_hex;

describe('COSE examples under AES-GCM, through the token', () => {
  it.each(ours)(
    '$name opens to its plaintext, and with a byte changed anywhere to nothing',
    async ({ vector, read }) => {
      const item = read();
      const nonce = item.header(5) === undefined ? hexBytes(unsentIv(vector)) : asBytes(item.header(5));
      const sealed = asBytes(item.rest[0]);
      const aad = hexBytes(vector.intermediates.AAD_hex);
      using job = token.openJob();
      const key = await job.unwrapContentKey('prekey', wrapTo(prekey, hexBytes(vector.intermediates.CEK_hex)));
      const out = new Uint8Array(sealed.length);
      const length = await job.open(key, nonce, aad, sealed, out);
      expect(Buffer.from(out.subarray(0, length))).toEqual(Buffer.from(plaintextOf(vector)));
      for (let at = 0; at < sealed.length; at += 1) {
        const changed = sealed.slice();
        changed[at] = (changed[at] ?? 0) ^ 1;
        await expect(job.open(key, nonce, aad, changed, out)).rejects.toMatchObject({
          code: 'recipe/piece-not-authentic',
        });
      }
    },
  );

  it('are of all three key lengths, the forged ones apart', () => {
    expect(ours).toHaveLength(14);
    expect(new Set(ours.map(({ read }) => read().alg))).toEqual(new Set(gcm));
  });
});
