import { createHash, createHmac, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { fromHex, hex } from '#shared/entropy.ts';

/**
 * ECDSA on P-256 whose key follows from a name and whose nonce follows from the message (RFC 6979), so that files of tests are made
 * again byte for byte. Plain arithmetic, neither fast nor constant in time: for test keys only.
 */

const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const g: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** A key pair that is the same each time. */
export interface RepeatableKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** r‖s over SHA-256, the same for the same message. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** The key pair of a name. */
export function repeatableKey(name: string): RepeatableKey {
  const d = (toInt(sha256(Buffer.from(name))) % (n - 1n)) + 1n;
  const point = multiply(d);
  const [x, y, secret] = [point.x, point.y, d].map((value) => Buffer.from(toBytes(value)).toString('base64url'));
  const jwk = { kty: 'EC', crv: 'P-256', x: String(x), y: String(y) };
  return {
    privateKey: createPrivateKey({ key: { ...jwk, d: String(secret) }, format: 'jwk' }),
    publicKey: createPublicKey({ key: jwk, format: 'jwk' }),
    async sign(message) {
      return sign(d, sha256(message));
    },
  };
}

function sign(d: bigint, digest: Uint8Array): Uint8Array {
  const e = toInt(digest) % n;
  const k = nonceOf(d, toBytes(e));
  const r = multiply(k).x % n;
  const s = modulo(inverse(k, n) * (e + r * d), n);
  return Uint8Array.of(...toBytes(r), ...toBytes(s));
}

/** RFC 6979 §3.2, with the first candidate: the chance that it is none is 2⁻³². */
function nonceOf(d: bigint, digest: Uint8Array): bigint {
  let v = new Uint8Array(32).fill(1);
  let key = new Uint8Array(32);
  for (const step of [0, 1]) {
    key = hmac(key, v, Uint8Array.of(step), toBytes(d), digest);
    v = hmac(key, v);
  }
  return toInt(hmac(key, v));
}

function multiply(k: bigint): Point {
  let sum: Point | null = null;
  let power: Point = g;
  for (let rest = k; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = sum === null ? power : add(sum, power);
    power = add(power, power);
  }
  if (sum === null) throw new RangeError('no multiple');
  return sum;
}

function add(a: Point, b: Point): Point {
  const slope =
    a.x === b.x ? (3n * a.x * a.x - 3n) * inverse(2n * a.y, p) : (b.y - a.y) * inverse(modulo(b.x - a.x, p), p);
  const x = modulo(slope * slope - a.x - b.x, p);
  return { x, y: modulo(slope * (a.x - x) - a.y, p) };
}

function inverse(value: bigint, m: bigint): bigint {
  let [r, next, s, t] = [m, modulo(value, m), 0n, 1n];
  while (next > 0n) {
    const q = r / next;
    [r, next, s, t] = [next, r - q * next, t, s - q * t];
  }
  return modulo(s, m);
}

const modulo = (value: bigint, m: bigint): bigint => ((value % m) + m) % m;
const toInt = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes)}`);
const toBytes = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'));
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

function hmac(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
}
