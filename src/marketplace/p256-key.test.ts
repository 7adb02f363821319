import { sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex } from '#shared/entropy.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { p256Key } from './p256-key.ts';

/** RFC 6979 §A.2.5 */
const secret = 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721';
const point = { x: '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6' };
const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';

function scripted(...draws: readonly string[]) {
  const left = [...draws];
  return { bytes: () => fromHex(left.shift() ?? '') };
}

describe('a P-256 key', () => {
  it('has the public point that belongs to the drawn number', () => {
    const { x } = p256Key(scripted(secret)).publicKey.export({ format: 'jwk' });
    expect(Buffer.from(x ?? '', 'base64url').toString('hex')).toBe(point.x);
  });

  it('is drawn again while the number is out of range', () => {
    const { publicKey } = p256Key(scripted('00'.repeat(32), order, 'ff'.repeat(32), secret));
    expect(publicKey.equals(p256Key(scripted(secret)).publicKey)).toBe(true);
  });

  it('signs what its public half verifies', () => {
    const { publicKey, privateKey } = p256Key(systemEntropy);
    const message = Buffer.from('one glass');
    const signature = sign('sha256', message, privateKey);
    expect(verify('sha256', message, publicKey, signature)).toBe(true);
    expect(verify('sha256', message, p256Key(systemEntropy).publicKey, signature)).toBe(false);
  });
});
