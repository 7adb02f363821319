import type { Entropy } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { loadCryptoki } from './cryptoki.ts';
import { Login } from './login.ts';
import { Pkcs11Token } from './pkcs11-token.ts';
import { softhsmFolder } from './softhsm-folder.ts';
import { findCard } from './token-card.ts';
import type { ObjectFolder } from './object-folder.ts';

export interface TokenToOpen {
  /** Path of the PKCS#11 module; see `findModule`. */
  readonly module: string;
  /** Label of the token. */
  readonly label: string;
  /** The PIN, UTF-8. It is read before this function returns its promise; the caller wipes it. */
  readonly pin: Uint8Array;
  readonly entropy: Entropy;
  /** Where SoftHSM keeps its tokens; without it no destruction on SoftHSM counts as proven. */
  readonly tokensFolder?: string;
  /** Stands in for the files below `tokensFolder`, in tests. */
  readonly objectFolder?: ObjectFolder;
}

/**
 * Opens a token and logs in, with one attempt: a real token counts wrong PINs and locks. Where objects are files, what is found is on
 * the medium when this resolves: a process that was killed may have left a key destroyed in the cache only.
 * @throws Failure `token/missing`, `token/refused`, `token/wrong-pin`, `token/pin-locked`, `token/failed`, `disk/failed`
 */
export async function openToken(which: TokenToOpen): Promise<Pkcs11Token> {
  const cryptoki = loadCryptoki(which.module);
  const { name, refused } = cryptoki.quirks;
  if (refused !== null) throw new Failure('token/refused', { module: name, reason: refused });
  const card = findCard(cryptoki, which.label);
  const objectFolder =
    which.objectFolder ?? (which.tokensFolder ? softhsmFolder(which.tokensFolder, card.serial) : null);
  const token = new Pkcs11Token(new Login(cryptoki, card, which.pin, { entropy: which.entropy, objectFolder }));
  try {
    await objectFolder?.sync(await objectFolder.list());
    return token;
  } catch (error) {
    token[Symbol.dispose]();
    throw error;
  }
}
