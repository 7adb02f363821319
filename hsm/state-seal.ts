/** How one token seals what must survive a power cut and tell nobody an amount; see `Token.encryptState`. */
export interface StateSeal {
  /** Makes the keys unless they exist. */
  ensure(): Promise<void>;
  encrypt(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array>;
  /** @throws Failure `token/state-not-authentic`; `out` is then wiped */
  decrypt(sealed: Uint8Array, aad: Uint8Array, out: Uint8Array): Promise<number>;
}

/** Label of the key, or of the first of them. */
export const stateLabel = 'state';
