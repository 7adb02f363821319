import { generateKeyPairSync, randomBytes } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import { openClassKeyVault } from './class-key-vault.ts';
import type { Handle } from './cryptoki.ts';
import { toAttributes } from './key-templates.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';
import { machineObjects, readTokenObjects, type TokenObject } from './token-objects.ts';

let tokens: SoftTokens;
let token: Pkcs11Token;

beforeAll(async () => {
  tokens = await softTokens();
  token = await tokens.make('machine');
  const maker = await tokens.make('maker');
  await token.generateSigningKey('identity', { rsaBits: 2048 });
  await token.ensureStateKey();
  await token.generateUnwrapKey('prekey-0011223344556677', 2048);
  const transport = await token.generateUnwrapKey('transport', 2048);
  const vault = openClassKeyVault(maker);
  await vault.generateClassKey('class', 2048);
  const wrapped = await vault.wrapClassKey('class', transport);
  await token.importClassKey({ transportLabel: 'transport', classKeyLabel: 'class-demo-mixer-1', ...wrapped });
  maker[Symbol.dispose]();
}, 60_000);
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

const objects = (): TokenObject[] => readTokenObjects(token.login);
const wrongOnes = (): TokenObject[] =>
  objects().filter(({ kind, deviations }) => kind === null || deviations.length > 0);
const unwrapAttributes = (changes: Readonly<Record<number, unknown>>, label = 'prekey-ffffffffffffffff') => {
  const kind = machineObjects.find(({ name }) => name === 'prekey');
  if (kind === undefined) throw new Error('no prekey in the table');
  const first = [{ type: pkcs11.CKA_LABEL, value: label }];
  return toAttributes(kind.template, token.login.cryptoki.quirks, first)
    .map(({ type, value }) => ({ type, value: type in changes ? changes[type] : value }))
    .filter(({ value }) => value !== undefined) as pkcs11.Template;
};

/** Plants a key pair with a template that is nearly right; takes it away at the end of the block. */
function planted(template: pkcs11.Template, bits = 2048): Disposable {
  const { api } = token.login.cryptoki;
  const { session } = token.login;
  const publicKey = [
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_MODULUS_BITS, value: bits },
    { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.of(1, 0, 1) },
  ];
  const made = api.C_GenerateKeyPair(session, { mechanism: pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN }, publicKey, template);
  return taking(made.privateKey);
}

const taking = (handle: Handle): Disposable => ({
  [Symbol.dispose]: () => token.login.cryptoki.api.C_DestroyObject(token.login.session, handle),
});

describe('the objects of a provisioned token', () => {
  it('are each known by the table, and each attribute is as the table says', () => {
    expect(objects().map(({ label, objectClass, kind }) => `${label}: ${objectClass}, ${kind}`)).toEqual([
      'class-demo-mixer-1: private, class key',
      'identity: private, identity',
      'prekey-0011223344556677: private, prekey',
      'state: secret, state key',
    ]);
    expect(wrongOnes()).toEqual([]);
  });
});

const single: [string, Record<number, unknown>, string, string, string][] = [
  ['a key that decrypts', { [pkcs11.CKA_DECRYPT]: true }, 'CKA_DECRYPT', 'false', 'true'],
  ['a key that signs', { [pkcs11.CKA_SIGN]: true }, 'CKA_SIGN', 'false', 'true'],
  ['a key that is not sensitive', { [pkcs11.CKA_SENSITIVE]: false }, 'CKA_SENSITIVE', 'true', 'false'],
  ['a key that is not private', { [pkcs11.CKA_PRIVATE]: false }, 'CKA_PRIVATE', 'true', 'false'],
  ['a key that can be copied', { [pkcs11.CKA_COPYABLE]: true }, 'CKA_COPYABLE', 'false', 'true'],
  ['a key that can be modified', { [pkcs11.CKA_MODIFIABLE]: true }, 'CKA_MODIFIABLE', 'false', 'true'],
  [
    'a key with no allowed mechanisms',
    { [pkcs11.CKA_ALLOWED_MECHANISMS]: undefined },
    'CKA_ALLOWED_MECHANISMS',
    '0x9',
    'any',
  ],
  [
    'a key without unwrap template',
    { [pkcs11.CKA_UNWRAP_TEMPLATE]: undefined },
    'CKA_UNWRAP_TEMPLATE',
    'true false',
    'none',
  ],
];

describe('reading back finds and names', () => {
  it.each(single)('%s', (_what, changes, attribute, expected, found) => {
    using _ = planted(unwrapAttributes(changes));
    expect(wrongOnes()).toMatchObject([{ label: 'prekey-ffffffffffffffff', kind: 'prekey' }]);
    expect(wrongOnes()[0]?.deviations).toContainEqual({ attribute, expected, found });
  });

  it('a key that can leave the token, by each attribute that tells it', () => {
    using _ = planted(unwrapAttributes({ [pkcs11.CKA_EXTRACTABLE]: true }));
    expect(wrongOnes()[0]?.deviations).toEqual([
      { attribute: 'CKA_EXTRACTABLE', expected: 'false', found: 'true' },
      { attribute: 'CKA_NEVER_EXTRACTABLE', expected: 'true', found: 'false' },
    ]);
  });

  it('a key that was brought in with the right attributes: somebody else has it too', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = privateKey.export({ format: 'jwk' });
    const part = (name: 'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi') => Buffer.from(jwk[name] ?? '', 'base64url');
    const { api } = token.login.cryptoki;
    const handle = api.C_CreateObject(token.login.session, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
      { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_RSA },
      { type: pkcs11.CKA_MODULUS, value: part('n') },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: part('e') },
      { type: pkcs11.CKA_PRIVATE_EXPONENT, value: part('d') },
      { type: pkcs11.CKA_PRIME_1, value: part('p') },
      { type: pkcs11.CKA_PRIME_2, value: part('q') },
      { type: pkcs11.CKA_EXPONENT_1, value: part('dp') },
      { type: pkcs11.CKA_EXPONENT_2, value: part('dq') },
      { type: pkcs11.CKA_COEFFICIENT, value: part('qi') },
      ...unwrapAttributes({}),
    ]);
    using _ = taking(handle);
    expect(wrongOnes()[0]?.deviations.map(({ attribute }) => attribute)).toEqual([
      'CKA_LOCAL',
      'CKA_ALWAYS_SENSITIVE',
      'CKA_NEVER_EXTRACTABLE',
    ]);
  });

  it('a key of another type under a name of ours', () => {
    const { api } = token.login.cryptoki;
    const p256 = Buffer.from('06082a8648ce3d030107', 'hex');
    const made = api.C_GenerateKeyPair(
      token.login.session,
      { mechanism: pkcs11.CKM_EC_KEY_PAIR_GEN },
      [
        { type: pkcs11.CKA_TOKEN, value: false },
        { type: pkcs11.CKA_EC_PARAMS, value: p256 },
      ],
      unwrapAttributes({ [pkcs11.CKA_UNWRAP_TEMPLATE]: undefined }),
    );
    using _ = taking(made.privateKey);
    expect(wrongOnes()[0]?.deviations).toEqual([{ attribute: 'CKA_KEY_TYPE', expected: '0x0', found: '0x3' }]);
  });

  it('a key that is too short', () => {
    using _ = planted(unwrapAttributes({}), 1024);
    expect(wrongOnes()[0]?.deviations).toEqual([
      { attribute: 'CKA_MODULUS', expected: '2048 bits', found: '1024 bits' },
    ]);
  });

  it('a second state key that may do everything', () => {
    const { api } = token.login.cryptoki;
    const aes = api.C_GenerateKey(token.login.session, { mechanism: pkcs11.CKM_AES_KEY_GEN }, [
      { type: pkcs11.CKA_LABEL, value: 'state' },
      { type: pkcs11.CKA_TOKEN, value: true },
      { type: pkcs11.CKA_VALUE_LEN, value: 16 },
    ]);
    using _ = taking(aes);
    expect(wrongOnes()[0]).toMatchObject({ label: 'state', kind: 'state key' });
    expect(wrongOnes()[0]?.deviations).toContainEqual({
      attribute: 'CKA_VALUE_LEN',
      expected: '32 bytes',
      found: '16 bytes',
    });
  });

  it('objects that have no business in the token, whatever they are', () => {
    const { api } = token.login.cryptoki;
    using _data = taking(
      api.C_CreateObject(token.login.session, [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_DATA },
        { type: pkcs11.CKA_TOKEN, value: true },
        { type: pkcs11.CKA_LABEL, value: 'notes' },
        { type: pkcs11.CKA_VALUE, value: randomBytes(8) },
      ]),
    );
    using _other = planted(unwrapAttributes({}, 'prekey-but-not-really'));
    expect(wrongOnes().map(({ label, objectClass, kind }) => [label, objectClass, kind])).toEqual([
      ['notes', 'data', null],
      ['prekey-but-not-really', 'private', null],
    ]);
  });
});
