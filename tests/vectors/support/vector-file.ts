import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);

interface VectorKey {
  readonly kty: string;
  readonly crv?: string;
  readonly k?: string;
  readonly [part: string]: string | undefined;
}

export interface Signing {
  readonly key: VectorKey;
  readonly external?: string;
}

export interface Recipients {
  readonly external?: string;
  readonly unsent?: { readonly IV_hex: string };
  readonly recipients: readonly { readonly key: VectorKey }[];
}

/** One file of cose-wg/Examples, as far as a reader needs it. */
export interface CoseVector {
  readonly title: string;
  readonly fail?: boolean;
  readonly input: {
    readonly plaintext?: string;
    readonly plaintext_hex?: string;
    readonly sign0?: Signing;
    readonly sign?: { readonly external?: string; readonly signers: readonly Signing[] };
    readonly mac0?: Recipients;
    readonly encrypted?: Recipients;
    readonly enveloped?: Recipients;
  };
  readonly intermediates: {
    readonly AAD_hex?: string;
    readonly CEK_hex?: string;
    readonly ToBeSign_hex?: string;
    readonly signers?: readonly { readonly ToBeSign_hex: string }[];
  };
  readonly output: { readonly cbor: string };
}

/** The vectors in a folder of `cose/`, by file name. */
export function coseVectors(folder: string): [string, CoseVector][] {
  const files = readdirSync(new URL(`cose/${folder}/`, root)).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => [name, readJson(`cose/${folder}/${name}`) as CoseVector]);
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'));
}

export function hexBytes(text: string | undefined): Uint8Array {
  return new Uint8Array(Buffer.from(text ?? '', 'hex'));
}

export function plaintextOf({ input }: CoseVector): Uint8Array {
  return input.plaintext === undefined ? hexBytes(input.plaintext_hex) : new TextEncoder().encode(input.plaintext);
}

/** A symmetric key of a vector. */
export function secretOf(key: VectorKey): Uint8Array {
  return key.k === undefined ? hexBytes(key['k_hex']) : new Uint8Array(Buffer.from(key.k, 'base64url'));
}

export function publicKey(key: VectorKey): KeyObject {
  return createPublicKey({ key: jwk(key, ['x', 'y', 'n', 'e']), format: 'jwk' });
}

export function privateKey(key: VectorKey): KeyObject {
  const names = { n: 'n', e: 'e', d: 'd', p: 'p', q: 'q', dP: 'dp', dQ: 'dq', qi: 'qi' };
  return createPrivateKey({ key: jwk(key, Object.keys(names), names), format: 'jwk' });
}

function jwk(key: VectorKey, parts: readonly string[], names: Readonly<Record<string, string>> = {}) {
  const found = parts.flatMap((part) => {
    const text = key[part] ?? hexToBase64(key[`${part}_hex`]);
    return text === undefined ? [] : [[names[part] ?? part, text] as const];
  });
  return { kty: key.kty, ...(key.crv === undefined ? {} : { crv: key.crv }), ...Object.fromEntries(found) };
}

function hexToBase64(hex: string | undefined): string | undefined {
  return hex === undefined ? undefined : Buffer.from(hex, 'hex').toString('base64url');
}
