import pkcs11 from 'pkcs11js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wrapTo } from '#tests/support/sealing.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import type { Handle } from './cryptoki.ts';
import { openClassKeyVault } from './class-key-vault.ts';
import { openEscrow } from './escrow.ts';
import { findKey, requireKey, verifyTemplate } from './key-objects.ts';
import { type KeyTemplate, keyTemplates, staysInside } from './key-templates.ts';
import { readNestedTemplate } from './nested-template.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';

let tokens: SoftTokens;
let token: Pkcs11Token;
const found = new Map<string, Handle>();

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('mixer');
  const { login } = token;
  await token.generateSigningKey('rsa', { rsaBits: 2048 });
  await token.generateSigningKey('ec', { curve: 'P-256' });
  const prekey = await token.generateUnwrapKey('prekey', 2048);
  await token.ensureStateKey();
  await openEscrow(token);
  await openClassKeyVault(token).generateClassKey('class', 2048);
  const job = token.openJob();
  await job.unwrapContentKey('prekey', wrapTo(prekey, Buffer.alloc(32, 1)));
  for (const label of ['rsa', 'ec', 'prekey', 'deposit', 'class'])
    found.set(label, requireKey(login, 'private', label));
  for (const label of ['state', 'escrow']) found.set(label, requireKey(login, 'secret', label));
  login.cryptoki.api.C_FindObjectsInit(login.session, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_TOKEN, value: false },
  ]);
  for (const handle of login.cryptoki.api.C_FindObjects(login.session, 1)) found.set('content key', handle);
  login.cryptoki.api.C_FindObjectsFinal(login.session);
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

function read(name: string, type: number): Buffer {
  const key = found.get(name);
  if (key === undefined) throw new Error(`no key ${name}`);
  const [attribute] = token.login.cryptoki.api.C_GetAttributeValue(token.login.session, key, [{ type }]);
  return attribute?.value ?? Buffer.alloc(0);
}

const uses = {
  ENCRYPT: pkcs11.CKA_ENCRYPT,
  DECRYPT: pkcs11.CKA_DECRYPT,
  SIGN: pkcs11.CKA_SIGN,
  SIGN_RECOVER: pkcs11.CKA_SIGN_RECOVER,
  WRAP: pkcs11.CKA_WRAP,
  UNWRAP: pkcs11.CKA_UNWRAP,
  DERIVE: pkcs11.CKA_DERIVE,
} as const;
const secretOnly = ['ENCRYPT', 'WRAP'];
const secrets = ['state', 'escrow', 'content key'];

// the table of the design, written a second time: key, in the token, extractable, what it may, by which mechanisms
const table: [string, boolean, boolean, (keyof typeof uses)[], number[]][] = [
  ['rsa', true, false, ['SIGN'], [pkcs11.CKM_SHA256_RSA_PKCS, pkcs11.CKM_SHA256_RSA_PKCS_PSS]],
  ['ec', true, false, ['SIGN'], [pkcs11.CKM_ECDSA]],
  ['prekey', true, false, ['UNWRAP'], [pkcs11.CKM_RSA_PKCS_OAEP]],
  ['state', true, false, ['ENCRYPT', 'DECRYPT'], [pkcs11.CKM_AES_GCM]],
  ['content key', false, false, ['DECRYPT'], [pkcs11.CKM_AES_GCM]],
  ['deposit', true, false, ['UNWRAP'], [pkcs11.CKM_RSA_PKCS_OAEP]],
  ['escrow', true, false, ['WRAP', 'UNWRAP'], [pkcs11.CKM_AES_KEY_WRAP]],
  ['class', true, true, [], [pkcs11.CKM_RSA_PKCS_OAEP]],
];

describe.each(table)('the key "%s", read back', (name, lasting, extractable, may, mechanisms) => {
  it('is private, sensitive, not copyable, not modifiable', () => {
    const types = [pkcs11.CKA_PRIVATE, pkcs11.CKA_SENSITIVE, pkcs11.CKA_COPYABLE, pkcs11.CKA_MODIFIABLE];
    expect(types.map((type) => read(name, type)[0])).toEqual([1, 1, 0, 0]);
  });

  it('lies where it should and leaves as it should', () => {
    expect([read(name, pkcs11.CKA_TOKEN)[0], read(name, pkcs11.CKA_EXTRACTABLE)[0]]).toEqual([
      lasting ? 1 : 0,
      extractable ? 1 : 0,
    ]);
  });

  it('may do exactly what it is for', () => {
    for (const [use, type] of Object.entries(uses)) {
      const kind = secrets.includes(name) ? use !== 'SIGN_RECOVER' : !secretOnly.includes(use);
      if (kind) expect([use, read(name, type)[0]]).toEqual([use, may.some((one) => one === use) ? 1 : 0]);
    }
    const list = read(name, pkcs11.CKA_ALLOWED_MECHANISMS);
    expect(Array.from({ length: list.length / 8 }, (_, i) => Number(list.readBigUInt64LE(8 * i)))).toEqual(mechanisms);
  });
});

describe('the unwrap template', () => {
  const nested = (name: string, expected = staysInside): (boolean | null)[] => {
    const { cryptoki, session } = token.login;
    const key = found.get(name) ?? Buffer.alloc(8);
    return readNestedTemplate(cryptoki, session, key, pkcs11.CKA_UNWRAP_TEMPLATE, expected);
  };

  it('of a prekey says sensitive and not extractable', () => {
    expect(nested('prekey')).toEqual([true, false]);
  });

  it('is read from the token: a key without one has nothing, one that says more fails', () => {
    expect(nested('rsa')).toEqual([null, null]);
    expect(nested('deposit')).toEqual([true, null]);
    expect(() => nested('prekey', staysInside.slice(0, 1))).toThrow('CKR_BUFFER_TOO_SMALL');
  });
});

describe('reading back', () => {
  it('fails for a key that is not what was asked for', () => {
    const { login } = token;
    const prekey = requireKey(login, 'private', 'prekey');
    const wrong: KeyTemplate[] = [
      keyTemplates.rsaSigning,
      { ...keyTemplates.unwrap, allowed: [pkcs11.CKM_RSA_PKCS] },
      { ...keyTemplates.unwrap, unwrapped: [[pkcs11.CKA_SENSITIVE, false]] },
    ];
    for (const template of wrong) expect(() => verifyTemplate(login, prekey, template)).toThrow('token/failed');
    expect(() => verifyTemplate(login, prekey, keyTemplates.unwrap)).not.toThrow();
  });

  it('that fails takes the new key away again', async () => {
    const { api } = token.login.cryptoki;
    const real = api.C_GetAttributeValue.bind(api);
    api.C_GetAttributeValue = (session, object, template) =>
      template?.[0]?.type === pkcs11.CKA_COPYABLE
        ? [{ type: pkcs11.CKA_COPYABLE, value: Buffer.of(1) }]
        : real(session, object, template ?? []);
    try {
      await expect(token.generateUnwrapKey('copyable', 2048)).rejects.toMatchObject({
        code: 'token/failed',
        facts: { operation: 'read back', attribute: pkcs11.CKA_COPYABLE },
      });
    } finally {
      api.C_GetAttributeValue = real;
    }
    expect(findKey(token.login, 'private', 'copyable')).toBeNull();
  });
});
