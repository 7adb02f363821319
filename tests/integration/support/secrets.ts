import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** PKCS#8 of an RSA key, where its algorithm identifier is followed by an octet string (RFC 5208 §5). */
const rsaPrivateKey = Buffer.from('020100300d06092a864886f70d010101050004', 'hex');
const pemPrivateKey = Buffer.from('PRIVATE KEY');

/** The PINs of every token below `state`: machine, licensing and maker, each with its SO-PIN. */
export async function pinsBelow(state: string): Promise<Buffer[]> {
  const paths = (await filesBelow(state)).filter((path) => /\/token\/(so-)?pin$/.test(path));
  return Promise.all(paths.map((path) => readFile(path)));
}

/** Files below `folder`, but for what lies in token folders, that hold one of these byte strings. */
export async function filesHolding(folder: string, secrets: readonly Buffer[]): Promise<string[]> {
  const paths = (await filesBelow(folder)).filter((path) => !path.includes('/token/'));
  const found = await Promise.all(
    paths.map(async (path) => {
      const bytes = await readFile(path);
      return secrets.some((secret) => bytes.includes(secret)) ? [relative(folder, path)] : [];
    }),
  );
  return found.flat();
}

/** Files below `folder`, but for token folders, with a private key in PEM or DER. */
export function filesWithPrivateKeys(folder: string): Promise<string[]> {
  return filesHolding(folder, [rsaPrivateKey, pemPrivateKey]);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
