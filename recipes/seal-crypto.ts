/** The cryptography that sealing needs, few enough calls for Web Crypto to answer them in a browser as well. */
export interface SealCrypto {
  sha256(bytes: Uint8Array): Promise<Uint8Array>;
  /** AES-256-GCM, 12-byte nonce; answers ciphertext and 16-byte tag. */
  encrypt(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>;
  /**
   * RSAES-OAEP with SHA-1 and MGF1-SHA-1, empty label (COSE algorithm -40, RFC 8230), the only form that every token
   * unwraps. OAEP does not rest on collision resistance. `spki` is DER.
   * @throws Failure `token/mechanism-missing` unless it is an RSA key of at least 2048 bits
   */
  wrapKey(spki: Uint8Array, key: Uint8Array): Promise<Uint8Array>;
}
