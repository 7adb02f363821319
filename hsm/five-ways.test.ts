import { constants, createCipheriv, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pieceAad, publicKeyOf, sealPiece, wrapTo } from '#tests/support/sealing.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import { type Cryptoki, type Handle, loadCryptoki, reasonOf } from './cryptoki.ts';
import { encodeNestedTemplate } from './nested-template.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';
import type { ContentKeyHandle, Job } from './token.ts';

// The thief has the PIN and a live session of his own, and calls the module himself.
let tokens: SoftTokens;
let token: Pkcs11Token;
let job: Job;
let contentKey: ContentKeyHandle;
let cryptoki: Cryptoki;
let session: Handle;
let prekey: Handle;
let classKey: Handle;
let key: Handle;
let wrapped: Buffer;
let wrappedToClass: Buffer;
const clearKey = randomBytes(32);

const oaep = (hashAlg: number, mgf: number): pkcs11.Mechanism => ({
  mechanism: pkcs11.CKM_RSA_PKCS_OAEP,
  parameter: { type: pkcs11.CK_PARAMS_RSA_OAEP, hashAlg, mgf, source: 1 } as pkcs11.RsaOAEP,
});
const oaepSha1 = oaep(pkcs11.CKM_SHA_1, pkcs11.CKG_MGF1_SHA1);

function find(template: pkcs11.Template): Handle[] {
  cryptoki.api.C_FindObjectsInit(session, template);
  const found = cryptoki.api.C_FindObjects(session, 20);
  cryptoki.api.C_FindObjectsFinal(session);
  return found;
}

function only(template: pkcs11.Template): Handle {
  const [handle, ...others] = find(template);
  if (handle === undefined || others.length > 0) throw new Error('exactly one object expected');
  return handle;
}

const contentKeys: pkcs11.Template = [
  { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
  { type: pkcs11.CKA_TOKEN, value: false },
];

/** Why the module refuses `call`; null when it does not. */
function refusalOf(call: () => unknown): string | null {
  try {
    call();
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

function secretTemplate(...changes: pkcs11.Template): pkcs11.Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_AES },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
    ...changes,
  ];
}

/** A class key as the ceremony brings it: under a key-encryption key, which came under a transport key. */
async function importClassKey(): Promise<Uint8Array> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kek = randomBytes(32);
  const cipher = createCipheriv('id-aes256-wrap-pad', kek, Buffer.from('a65959a6', 'hex'));
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  return token.importClassKey({
    transportLabel: 'transport',
    classKeyLabel: 'class',
    wrappedKek: wrapTo(await token.generateUnwrapKey('transport', 2048), kek),
    wrappedKey: Buffer.concat([cipher.update(pkcs8), cipher.final()]),
  });
}

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('mixer');
  const spki = await token.generateUnwrapKey('prekey', 2048);
  wrapped = Buffer.from(wrapTo(spki, clearKey));
  wrappedToClass = Buffer.from(wrapTo(await importClassKey(), clearKey));
  job = token.openJob();
  contentKey = await job.unwrapContentKey('prekey', wrapped);
  cryptoki = loadCryptoki(tokens.module);
  session = cryptoki.api.C_OpenSession(token.login.card.slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
  prekey = only([
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_LABEL, value: 'prekey' },
  ]);
  classKey = only([
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_LABEL, value: 'class' },
  ]);
  key = only(contentKeys);
});
afterAll(async () => {
  job[Symbol.dispose]();
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

describe.each([
  ['the prekey', 'prekey', () => [prekey, wrapped] as const],
  ['the class key', 'class', () => [classKey, wrappedToClass] as const],
])('a thief with PIN and session does not get the content key from %s', (_, label, which) => {
  it.each([
    [
      'extractable',
      [
        { type: pkcs11.CKA_SENSITIVE, value: true },
        { type: pkcs11.CKA_EXTRACTABLE, value: true },
      ],
    ],
    [
      'readable',
      [
        { type: pkcs11.CKA_SENSITIVE, value: false },
        { type: pkcs11.CKA_EXTRACTABLE, value: false },
      ],
    ],
    [
      'both',
      [
        { type: pkcs11.CKA_SENSITIVE, value: false },
        { type: pkcs11.CKA_EXTRACTABLE, value: true },
      ],
    ],
  ])('by unwrapping it once more as %s', (_flags, flags) => {
    const [own, itsWrapping] = which();
    expect(
      refusalOf(() => cryptoki.api.C_UnwrapKey(session, oaepSha1, own, itsWrapping, secretTemplate(...flags))),
    ).toBe('CKR_TEMPLATE_INCONSISTENT');
  });

  it('by unwrapping it without saying either', () => {
    const [own, itsWrapping] = which();
    const refused = refusalOf(() => cryptoki.api.C_UnwrapKey(session, oaepSha1, own, itsWrapping, secretTemplate()));
    expect(refused).toBe('CKR_TEMPLATE_INCONSISTENT');
  });

  it('by unwrapping it as the key demands, and reading it', () => {
    const [own, itsWrapping] = which();
    const again = cryptoki.api.C_UnwrapKey(
      session,
      oaepSha1,
      own,
      itsWrapping,
      secretTemplate({ type: pkcs11.CKA_SENSITIVE, value: true }, { type: pkcs11.CKA_EXTRACTABLE, value: false }),
    );
    const read = () => cryptoki.api.C_GetAttributeValue(session, again, [{ type: pkcs11.CKA_VALUE }]);
    expect(refusalOf(read)).toBe('CKR_ATTRIBUTE_SENSITIVE');
    const release = () =>
      cryptoki.api.C_SetAttributeValue(session, again, [{ type: pkcs11.CKA_SENSITIVE, value: false }]);
    expect(refusalOf(release)).toBe('CKR_ATTRIBUTE_READ_ONLY');
    cryptoki.api.C_DestroyObject(session, again);
  });

  it.each([
    ['DECRYPT', { type: pkcs11.CKA_DECRYPT, value: true }],
    ['EXTRACTABLE', { type: pkcs11.CKA_EXTRACTABLE, value: true }],
    ['MODIFIABLE', { type: pkcs11.CKA_MODIFIABLE, value: true }],
  ])('by setting %s', (_name, attribute) => {
    const [own] = which();
    expect(refusalOf(() => cryptoki.api.C_SetAttributeValue(session, own, [attribute]))).toBe('CKR_ACTION_PROHIBITED');
  });

  it('by setting another unwrap template', () => {
    const open = encodeNestedTemplate([[pkcs11.CKA_EXTRACTABLE, true]]);
    const attribute = { type: pkcs11.CKA_UNWRAP_TEMPLATE, value: open };
    expect(refusalOf(() => cryptoki.api.C_SetAttributeValue(session, which()[0], [attribute]))).toBe(
      'CKR_ACTION_PROHIBITED',
    );
  });

  it('by copying it', () => {
    const [own] = which();
    for (const changes of [[{ type: pkcs11.CKA_MODIFIABLE, value: true }], []]) {
      expect(refusalOf(() => cryptoki.api.C_CopyObject(session, own, changes))).toBe('CKR_ACTION_PROHIBITED');
    }
  });

  it('by decrypting the wrapping', () => {
    const [own] = which();
    expect(refusalOf(() => cryptoki.api.C_DecryptInit(session, oaepSha1, own))).toBe('CKR_KEY_FUNCTION_NOT_PERMITTED');
    const signing = { mechanism: pkcs11.CKM_RSA_PKCS };
    expect(refusalOf(() => cryptoki.api.C_SignInit(session, signing, own))).toBe('CKR_KEY_FUNCTION_NOT_PERMITTED');
  });

  it.each([
    ['PKCS#1 v1.5', { mechanism: pkcs11.CKM_RSA_PKCS }],
    ['raw RSA', { mechanism: pkcs11.CKM_RSA_X_509 }],
  ])('by unwrapping with %s, whose errors tell the padding', (_name, mechanism) => {
    const [own] = which();
    const padding = constants.RSA_PKCS1_PADDING;
    const old = publicEncrypt({ key: publicKeyOf(token.publicKey(label)), padding }, clearKey);
    expect(refusalOf(() => cryptoki.api.C_UnwrapKey(session, mechanism, own, old, secretTemplate()))).toBe(
      'CKR_MECHANISM_INVALID',
    );
  });
});

describe('a thief with PIN and session does not get the content key', () => {
  it.each([
    ['the content key, EXTRACTABLE', () => key, { type: pkcs11.CKA_EXTRACTABLE, value: true }],
    ['the content key, SENSITIVE', () => key, { type: pkcs11.CKA_SENSITIVE, value: false }],
    ['the content key, ENCRYPT', () => key, { type: pkcs11.CKA_ENCRYPT, value: true }],
    ['the content key, WRAP', () => key, { type: pkcs11.CKA_WRAP, value: true }],
  ])('by setting an attribute of %s', (_, object, attribute) => {
    expect(refusalOf(() => cryptoki.api.C_SetAttributeValue(session, object(), [attribute]))).toBe(
      'CKR_ACTION_PROHIBITED',
    );
  });

  it('by copying it', () => {
    for (const changes of [[{ type: pkcs11.CKA_MODIFIABLE, value: true }], []]) {
      expect(refusalOf(() => cryptoki.api.C_CopyObject(session, key, changes))).toBe('CKR_ACTION_PROHIBITED');
    }
  });

  it('by wrapping it under a key of his own', () => {
    const own = cryptoki.api.C_CreateObject(session, [
      ...secretTemplate({ type: pkcs11.CKA_WRAP, value: true }, { type: pkcs11.CKA_VALUE, value: randomBytes(32) }),
    ]);
    const wrap = { mechanism: pkcs11.CKM_AES_KEY_WRAP };
    const room = Buffer.alloc(64);
    expect(refusalOf(() => cryptoki.api.C_WrapKey(session, wrap, own, key, room))).toBe('CKR_KEY_UNEXTRACTABLE');
    cryptoki.api.C_DestroyObject(session, own);
  });

  it('by using it for anything but AES-GCM', () => {
    for (const mechanism of [pkcs11.CKM_AES_ECB, pkcs11.CKM_AES_CTR, pkcs11.CKM_AES_CBC]) {
      const parameter = Buffer.alloc(16);
      expect(refusalOf(() => cryptoki.api.C_DecryptInit(session, { mechanism, parameter }, key))).toBe(
        'CKR_MECHANISM_INVALID',
      );
    }
  });
});

describe('the content key of a job', () => {
  it('still opens pieces after all that', async () => {
    const [nonce, plaintext, out] = [randomBytes(12), randomBytes(64), Buffer.alloc(80)];
    const length = await job.open(contentKey, nonce, pieceAad, sealPiece(clearKey, nonce, plaintext), out);
    expect(out.subarray(0, length)).toEqual(plaintext);
  });

  it('is gone from every session when the job ends', async () => {
    job[Symbol.dispose]();
    await new Promise(setImmediate);
    expect(find(contentKeys)).toEqual([]);
    const mechanism = { mechanism: pkcs11.CKM_AES_GCM };
    expect(refusalOf(() => cryptoki.api.C_DecryptInit(session, mechanism, key))).toBe('CKR_OBJECT_HANDLE_INVALID');
  });
});
