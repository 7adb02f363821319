/** PS256: RSASSA-PSS, SHA-256, salt of 32 bytes. RS256: PKCS#1 v1.5, SHA-256. ES256: raw `r || s` (64 bytes) over SHA-256. */
export type SignatureAlgorithm = 'PS256' | 'RS256' | 'ES256';

/** What a signing key is made as. RSA keys answer PS256 and RS256 only, P-256 keys ES256 only. */
export type SigningKeyKind = { readonly rsaBits: 2048 | 3072 } | { readonly curve: 'P-256' };

/** `soft`: files of SoftHSM, copied as easily as any file. `tpm`, `hsm`: hardware. */
export type TokenClass = 'soft' | 'tpm' | 'hsm';

/** `H`: content keys never leave the token. `S`: the token cannot open AES-GCM; they lie in memory while pouring. */
export type KeyProfile = 'H' | 'S';

/**
 * The keys of one machine or service, in a PKCS#11 token, with a person logged in. No private key and no content key
 * ever comes out of it. Every method fails with `token/failed` {operation, reason} when the module refuses, and with
 * `token/key-missing` {label} when there is no such key. Labels are 1 to 64 characters of printable ASCII; two keys
 * of one label are never made.
 */
export interface Token extends Disposable {
  readonly tokenClass: TokenClass;
  readonly profile: KeyProfile;
  readonly label: string;
  readonly serial: string;

  /** Whether a private key of this label lies in the token now (asked of the token each time). */
  hasKey(label: string): boolean;
  /** Labels of private keys that begin with `prefix`, sorted. */
  listKeys(prefix: string): string[];
  /** SubjectPublicKeyInfo, DER, of a signing or unwrap key. */
  publicKey(label: string): Uint8Array;

  /** Makes a key pair that signs and does nothing else; answers its SubjectPublicKeyInfo. RSA may take seconds. */
  generateSigningKey(label: string, kind: SigningKeyKind): Promise<Uint8Array>;
  /** A signature over `message` (not over a digest). Any number may run at once. */
  sign(label: string, algorithm: SignatureAlgorithm, message: Uint8Array): Promise<Uint8Array>;

  /**
   * Makes an RSA key pair that unwraps by RSA-OAEP (SHA-1, no label) and does nothing else: a prekey, a transport key.
   * Whatever it unwraps is sensitive and not extractable (CKA_UNWRAP_TEMPLATE, read back from the token before this
   * answers). Answers its SubjectPublicKeyInfo.
   */
  generateUnwrapKey(label: string, bits: 2048 | 3072): Promise<Uint8Array>;

  /**
   * Destroys a key pair and proves it: the module said yes, a look-up in a session opened afterwards finds nothing,
   * and on SoftHSM the object's file is gone and its folder synced.
   * @throws Failure `token/destroy-unproven` when any of these does not hold: the key must be taken as alive.
   */
  destroyKey(label: string): Promise<void>;

  /** A session of its own for one pour; everything it unwraps dies with it. */
  openJob(): Job;

  /** Makes the AES-256 key `state` unless it exists. */
  ensureStateKey(): Promise<void>;
  /** AES-256-GCM under the key `state`: 12-byte fresh IV, ciphertext, 16-byte tag. `aad` must not be empty. */
  encryptState(plaintext: Uint8Array, aad: Uint8Array): Promise<Uint8Array>;
  /**
   * Opens what `encryptState` made into `out`, which must hold `sealed.length` bytes; answers the plaintext's length.
   * @throws Failure `token/state-not-authentic`; `out` is then wiped
   */
  decryptState(sealed: Uint8Array, aad: Uint8Array, out: Uint8Array): Promise<number>;

  /**
   * The machine's half of the class-key ceremony: unwraps the key-encryption key with the transport key, then the
   * class key with that, reads its attributes back, opens a test piece, destroys both helpers. Answers the class key's
   * SubjectPublicKeyInfo. Once unwrapping was tried, a failure leaves neither the class key nor the transport key.
   * @throws Failure `token/unwrap-refused` when the message was not made for this transport key, `token/failed` when
   *   the class key's label is taken
   */
  importClassKey(delivery: ClassKeyDelivery): Promise<Uint8Array>;
}

/** What the maker sends for one machine, and where it goes. */
export interface ClassKeyDelivery {
  readonly transportLabel: string;
  readonly classKeyLabel: string;
  /** AES-256 key under RSA-OAEP (SHA-1, no label) to the transport key. */
  readonly wrappedKek: Uint8Array;
  /** PKCS#8 of the class key under that key, AES key wrap with padding (RFC 5649). */
  readonly wrappedKey: Uint8Array;
}

/** A content key inside the token; it means something only to the job that unwrapped it. */
export interface ContentKeyHandle {
  readonly kind: 'content-key';
}

/**
 * One pour's session. Disposing it is the surest wipe: its keys are then unusable in every session. A call under way
 * ends first; calls that have not begun are refused with `token/failed`, so await each before the block ends.
 */
export interface Job extends Disposable {
  /**
   * RSA-OAEP (SHA-1, no label) by the key `unwrapKeyLabel` to a session object that is sensitive, not extractable and
   * decrypts by AES-GCM only.
   * @throws Failure `token/unwrap-refused` when `wrapped` was not made for this key
   */
  unwrapContentKey(unwrapKeyLabel: string, wrapped: Uint8Array): Promise<ContentKeyHandle>;
  /**
   * One-shot AES-256-GCM with a 12-byte nonce and a 16-byte tag at the end. `out` must hold `ciphertextAndTag.length`
   * bytes (the module asks for room for the tag) and live until the promise settles; answers the plaintext's length.
   * Any mismatch is one and the same failure, and `out` then holds zeros. `isAhead`: nobody waits for it yet, and what is large is
   * opened beside the event loop even where that takes a little longer.
   * @throws Failure `recipe/piece-not-authentic`
   */
  open(
    key: ContentKeyHandle,
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertextAndTag: Uint8Array,
    out: Uint8Array,
    isAhead?: boolean,
  ): Promise<number>;
}
