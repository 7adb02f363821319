import { randomBytes } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wrapTo } from '#tests/support/sealing.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import { type Cryptoki, type Handle, loadCryptoki } from './cryptoki.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';

let tokens: SoftTokens;
let token: Pkcs11Token;
let wrapped: Uint8Array;
let cryptoki: Cryptoki;
/** One beside the token's own, to look from. */
let session: Handle;

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('mixer');
  wrapped = wrapTo(await token.generateUnwrapKey('prekey', 2048), randomBytes(32));
  cryptoki = loadCryptoki(tokens.module);
  session = cryptoki.api.C_OpenSession(token.login.card.slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

/** How many content keys are in the token now, of whichever session. */
function contentKeys(): number {
  cryptoki.api.C_FindObjectsInit(session, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_TOKEN, value: false },
  ]);
  const found = cryptoki.api.C_FindObjects(session, 20);
  cryptoki.api.C_FindObjectsFinal(session);
  return found.length;
}

describe('a job', () => {
  it('has a session of its own: its content keys are gone from the token when it ends, and those of the job beside it not', async () => {
    const jobs = [token.openJob(), token.openJob(), token.openJob()];
    for (const job of jobs) await job.unwrapContentKey('prekey', wrapped);
    expect(contentKeys()).toBe(3);
    for (const [ended, job] of jobs.entries()) {
      job[Symbol.dispose]();
      await token.sign('none', 'PS256', Buffer.of(1)).catch(() => undefined);
      expect(contentKeys()).toBe(2 - ended);
    }
  });

  it('goes on when another ends', async () => {
    using stays = token.openJob();
    const ends = token.openJob();
    await stays.unwrapContentKey('prekey', wrapped);
    ends[Symbol.dispose]();
    await expect(stays.unwrapContentKey('prekey', wrapped)).resolves.toEqual({ kind: 'content-key' });
  });
});
