import { createECDH, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Entropy } from '#shared/entropy.ts';

/** The number of points on P-256 (FIPS 186-5, SP 800-186 §3.2.1.3): secret numbers are 1 up to it. */
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const zero = Buffer.alloc(32);
/** PKCS#8 (RFC 5958) of a P-256 key up to its secret number, and from there to its public point (RFC 5915). */
const beforeSecret = Buffer.from('308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420', 'hex');
const beforePoint = Buffer.from('a144034200', 'hex');

/** A fresh P-256 key in memory; numbers out of range are drawn again (FIPS 186-5 §A.2.2). */
export function p256Key(entropy: Entropy): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  const secret = drawn(entropy);
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(secret);
  const der = Buffer.concat([beforeSecret, secret, beforePoint, pair.getPublicKey()]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  secret.fill(0);
  der.fill(0);
  return { publicKey: createPublicKey(privateKey), privateKey };
}

function drawn(entropy: Entropy): Uint8Array {
  for (;;) {
    const secret = entropy.bytes(order.length);
    if (Buffer.compare(secret, zero) > 0 && Buffer.compare(secret, order) < 0) return secret;
  }
}
