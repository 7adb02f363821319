import pkcs11 from 'pkcs11js';
import { awaiting, type Handle } from './cryptoki.ts';
import { findKey, readSpki, requireFreeLabel, verifyTemplate } from './key-objects.ts';
import { grants, type KeyTemplate, toAttributes } from './key-templates.ts';
import type { Login } from './login.ts';

export const publicExponent = Buffer.of(1, 0, 1);
/** OBJECT IDENTIFIER prime256v1, DER. */
export const p256 = Buffer.from('06082a8648ce3d030107', 'hex');

/** Makes an RSA key pair in the token; answers its SubjectPublicKeyInfo after reading its attributes back. */
export function makeRsaKey(login: Login, label: string, bits: 2048 | 3072, template: KeyTemplate): Promise<Uint8Array> {
  // the modulus can be read from the private key: a public token object would only be one more file to destroy
  const passing = login.cryptoki.quirks.rsaPublicInSession;
  const publicKey: pkcs11.Template = [
    { type: pkcs11.CKA_TOKEN, value: !passing },
    { type: pkcs11.CKA_MODULUS_BITS, value: bits },
    { type: pkcs11.CKA_PUBLIC_EXPONENT, value: publicExponent },
    ...(passing ? [] : [{ type: pkcs11.CKA_LABEL, value: label }]),
  ];
  return makeKeyPair(login, label, pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN, publicKey, template, (session, made) => {
    if (passing) login.cryptoki.api.C_DestroyObject(session, made.publicKey);
  });
}

/** Makes a P-256 key pair in the token; its point stays beside it as a public object of the same label. */
export function makeEcKey(login: Login, label: string, template: KeyTemplate): Promise<Uint8Array> {
  const publicKey = [
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_EC_PARAMS, value: p256 },
    { type: pkcs11.CKA_LABEL, value: label },
  ];
  return makeKeyPair(login, label, pkcs11.CKM_EC_KEY_PAIR_GEN, publicKey, template);
}

/** Makes an AES-256 key in the token. */
export function makeAesKey(login: Login, label: string, template: KeyTemplate): Promise<void> {
  return makeDurably(login, label, template, (session) =>
    login.cryptoki.api.C_GenerateKeyAsync(
      session,
      { mechanism: pkcs11.CKM_AES_KEY_GEN },
      toAttributes(template, login.cryptoki.quirks, [
        { type: pkcs11.CKA_LABEL, value: label },
        { type: pkcs11.CKA_VALUE_LEN, value: 32 },
      ]),
    ),
  );
}

/** The public half mirrors what the private half may: NSS tries each new pair out. */
export const mirrored: readonly (readonly [publicUse: number, privateUse: number])[] = [
  [pkcs11.CKA_VERIFY, pkcs11.CKA_SIGN],
  [pkcs11.CKA_ENCRYPT, pkcs11.CKA_DECRYPT],
  [pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP],
];

async function makeKeyPair(
  login: Login,
  label: string,
  mechanism: number,
  publicKey: pkcs11.Template,
  template: KeyTemplate,
  tidy: (session: Handle, made: pkcs11.KeyPair) => void = () => {},
): Promise<Uint8Array> {
  const { api, quirks } = login.cryptoki;
  const uses = mirrored.map(([type, privateUse]) => ({ type, value: grants(template, privateUse) }));
  await makeDurably(login, label, template, async (session) => {
    const made = await api.C_GenerateKeyPairAsync(
      session,
      { mechanism },
      quirks.publicUses ? [...publicKey, ...uses] : publicKey,
      toAttributes(template, quirks, [
        { type: pkcs11.CKA_LABEL, value: label },
        { type: pkcs11.CKA_ID, value: Buffer.from(login.entropy.bytes(16)) },
      ]),
    );
    tidy(session, made);
    return made.privateKey;
  });
  return readSpki(login, label);
}

/**
 * Makes one token object by `make`, reads its attributes back and, where objects are files, syncs them: SoftHSM does
 * not, and a prekey that is published and then lost in a power cut costs a paid use.
 */
export function makeDurably(
  login: Login,
  label: string,
  template: KeyTemplate,
  make: (session: Handle) => Promise<Handle>,
): Promise<void> {
  return login.write(async (session) => {
    requireFreeLabel(login, label);
    const before = await login.objectFolder?.list();
    const key = await awaiting('make key', () => make(session));
    try {
      verifyTemplate(login, key, template);
    } catch (error) {
      login.cryptoki.api.C_DestroyObject(session, key);
      const publicHalf = findKey(login, 'public', label);
      if (publicHalf !== null) login.cryptoki.api.C_DestroyObject(session, publicHalf);
      throw error;
    }
    if (before) await login.objectFolder?.sync((await login.objectFolder.list()).difference(before));
  });
}
