import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { generateKeyPairSync } from 'node:crypto';
import { SecureBuffer } from '#hsm/secure-buffer.ts';
import { softTokens } from '#tests/support/soft-token.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { sealGcm } from '#recipes/aes-gcm.ts';

await using tokens = await softTokens();
using token = await tokens.make('bench');
const spki = await token.generateUnwrapKey('k', 2048);
const key = new Uint8Array(randomBytes(32));
const wrapped = await nodeSealCrypto.wrapKey(spki, key);
using jobA = token.openJob();
using jobB = token.openJob();
const a = await jobA.unwrapContentKey('k', wrapped);
const b = await jobB.unwrapContentKey('k', wrapped);
const nonce = new Uint8Array(randomBytes(12));
const aad = new Uint8Array(randomBytes(40));
const plain = new Uint8Array(randomBytes(65536));
const sealed = sealGcm(key, nonce, aad, plain);
const outA = new SecureBuffer(65536 + 16);
const outB = new SecureBuffer(65536 + 16);
const n = 3000;
for (const round of [1, 2, 3]) {
  let t = performance.now();
  for (let i = 0; i < n; i++) {
    const d = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
    d.setAAD(aad); d.setAuthTag(sealed.subarray(65536)); d.update(sealed.subarray(0, 65536)); d.final();
  }
  const node = (performance.now() - t) / n;
  t = performance.now();
  for (let i = 0; i < n; i++) await jobA.open(a, nonce, aad, sealed, outA.bytes);
  const one = (performance.now() - t) / n;
  t = performance.now();
  for (let i = 0; i < n; i++) { await jobA.open(a, nonce, aad, sealed, outA.bytes); await jobA.open(a, nonce, aad, sealed, outB.bytes); }
  const two = (performance.now() - t) / n;
  t = performance.now();
  for (let i = 0; i < n; i++) { await Promise.all([jobA.open(a, nonce, aad, sealed, outA.bytes), jobB.open(b, nonce, aad, sealed, outB.bytes)]); }
  const par = (performance.now() - t) / n;
  console.log(round, { node, one, two, par });
}
