import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { pieceAad, sealPiece, wrapTo } from '#tests/support/sealing.ts';
import { softTokens } from '#tests/support/soft-token.ts';
import { ClearKeys } from './clear-keys.ts';
import { keyTemplates } from './key-templates.ts';
import { makeRsaKey } from './make-keys.ts';
import { ProfileSJob } from './profile-s-job.ts';
import type { SecureBuffer } from './secure-buffer.ts';

/** A pool that remembers every buffer it gave. */
class WatchedKeys extends ClearKeys {
  readonly given: SecureBuffer[] = [];

  override take(): SecureBuffer {
    const buffer = super.take();
    this.given.push(buffer);
    return buffer;
  }
}

it('a content key lies in its buffer while the job lasts, and the buffer holds zeros when the job ends or unwrapping fails', async () => {
  await using tokens = await softTokens();
  using token = await tokens.make('watched');
  const spki = await makeRsaKey(token.login, 'prekey', 2048, keyTemplates.decrypt);
  const [clearKey, nonce, plaintext] = [randomBytes(32), randomBytes(12), randomBytes(64)];
  using keys = new WatchedKeys();
  let ended = 0;
  const job = new ProfileSJob(token.login, keys, () => {
    ended += 1;
  });
  const key = await job.unwrapContentKey('prekey', wrapTo(spki, clearKey));
  await expect(job.unwrapContentKey('prekey', Buffer.alloc(256, 1))).rejects.toThrow('token/unwrap-refused');
  const [held, refused] = keys.given;
  expect(held?.bytes.subarray(0, 32).equals(clearKey)).toBe(true);
  expect(held?.bytes.subarray(32).every((byte) => byte === 0)).toBe(true);
  expect(refused?.bytes.every((byte) => byte === 0)).toBe(true);
  const out = Buffer.alloc(80);
  expect(await job.open(key, nonce, pieceAad, sealPiece(clearKey, nonce, plaintext), out)).toBe(64);
  const last = job.open(key, nonce, pieceAad, sealPiece(clearKey, nonce, plaintext), out);
  // a job that is ended lets the call under way end before it wipes
  await Promise.resolve();
  job[Symbol.dispose]();
  await expect(last).resolves.toBe(64);
  await new Promise(setImmediate);
  expect(ended).toBe(1);
  expect(held?.bytes.every((byte) => byte === 0)).toBe(true);
  // wiped, it is used again
  expect([held, refused]).toContain(keys.take());
});
