import { link, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Entropy, hex } from '#shared/entropy.ts';
import { findModule } from './cryptoki.ts';
import { ensureToken } from './init-token.ts';
import { openToken, type TokenToOpen } from './open-token.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';
import { writeSofthsmConfig } from './softhsm-config.ts';

export interface SoftTokenPlace {
  /** Folder of this role alone: SoftHSM's configuration, its tokens, and the two PIN files (mode 0600). */
  readonly folder: string;
  readonly label: string;
  /** Path of the module, when it is not in one of the usual places. */
  readonly module?: string | undefined;
  readonly entropy: Entropy;
}

const pinCharacters = 32;

/**
 * Where the SoftHSM token of one role of a demonstration or a development machine is, and its PIN; initialised with random
 * PINs at the first call. Sets SOFTHSM2_CONF of this process, so it must come before anything else loads the module. The
 * caller wipes the PIN.
 * @throws Failure `token/missing`, `token/failed`, `disk/failed`
 */
export async function ensureSoftToken(place: SoftTokenPlace): Promise<TokenToOpen & { readonly pin: Buffer }> {
  const { configFile, tokensFolder } = await writeSofthsmConfig(place.folder);
  process.env['SOFTHSM2_CONF'] = configFile;
  const module = findModule(place.module);
  const pin = await pinFile(join(place.folder, 'pin'), place.entropy);
  const soPin = (): Promise<Buffer> => pinFile(join(place.folder, 'so-pin'), place.entropy);
  await ensureToken({ module, label: place.label, soPin, pin });
  return { module, label: place.label, pin, tokensFolder, entropy: place.entropy };
}

/** The token of `ensureSoftToken`, opened. @throws Failure `token/wrong-pin` too */
export async function ownSoftToken(place: SoftTokenPlace): Promise<Pkcs11Token> {
  const token = await ensureSoftToken(place);
  try {
    return await openToken(token);
  } finally {
    token.pin.fill(0);
  }
}

/** The PIN in the file, made when there is none: 32 characters of 4 random bits. The file is whole or not there. */
async function pinFile(path: string, entropy: Entropy): Promise<Buffer> {
  const before = await pinIn(path);
  if (before !== null) return before;
  const pin = Buffer.alloc(pinCharacters);
  for (const [i, byte] of entropy.bytes(pinCharacters).entries()) pin[i] = 'bcdfghjkmnpqrstv'.charCodeAt(byte & 15);
  const temporary = `${path}.${hex(entropy.bytes(4))}`;
  try {
    await writeSynced(temporary, pin);
    await link(temporary, path);
    return pin;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // another process was faster
    pin.fill(0);
    return await readFile(path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function pinIn(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(bytes);
  await file.sync();
}
