import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import pkcs11 from 'pkcs11js';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { wrapTo } from '#tests/support/sealing.ts';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import { loadCryptoki } from './cryptoki.ts';
import { findAll, findKey } from './key-objects.ts';
import type { ModuleQuirks } from './module-quirks.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';

// What a row says is done, on a module that would also take the other way.
let tokens: SoftTokens;
let token: Pkcs11Token;
let usual: ModuleQuirks;
let cryptoki: { quirks: ModuleQuirks };

beforeAll(async () => {
  tokens = await softTokens();
  cryptoki = loadCryptoki(tokens.module);
  usual = cryptoki.quirks;
  token = await tokens.make('mixer');
});
afterAll(async () => {
  token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

const objects = (): number =>
  findAll(token.login, token.login.session, [{ type: pkcs11.CKA_TOKEN, value: true }]).length;

it('a public half that has to lie in the token is made there without uses, and destroyed with the private one', async () => {
  cryptoki.quirks = { ...usual, publicUses: false, rsaPublicInSession: false };
  const spki = await token.generateUnwrapKey('prekey', 2048);
  expect(objects()).toBe(2);
  using job = token.openJob();
  await expect(job.unwrapContentKey('prekey', wrapTo(spki, Buffer.alloc(32, 1)))).resolves.toBeDefined();
  await token.destroyKey('prekey');
  expect(objects()).toBe(0);
  cryptoki.quirks = usual;
});

it('a pair that reads back otherwise is destroyed with both halves', async () => {
  cryptoki.quirks = { ...usual, rsaPublicInSession: false };
  const { api } = token.login.cryptoki;
  const real = api.C_GetAttributeValue.bind(api);
  const lying = vi.spyOn(api, 'C_GetAttributeValue').mockImplementation((session, object, template) => {
    const asked = template?.[0]?.type;
    return asked === pkcs11.CKA_SIGN ? [{ type: asked, value: Buffer.of(1) }] : real(session, object, template ?? []);
  });
  await expect(token.generateUnwrapKey('prekey', 2048)).rejects.toMatchObject({
    facts: { attribute: pkcs11.CKA_SIGN },
  });
  lying.mockRestore();
  expect([findKey(token.login, 'private', 'prekey'), objects()]).toEqual([null, 0]);
  cryptoki.quirks = usual;
});

it('an attribute that a module does not know is neither sent nor expected', async () => {
  cryptoki.quirks = {
    ...usual,
    unknownAttributes: [pkcs11.CKA_COPYABLE],
    allowedMechanisms: false,
    unwrapTemplate: false,
  };
  const generate = vi.spyOn(token.login.cryptoki.api, 'C_GenerateKeyPairAsync');
  await token.generateSigningKey('identity', { rsaBits: 2048 });
  const sent = generate.mock.calls[0]?.[3].map(({ type }) => type);
  generate.mockRestore();
  expect(sent).toContain(pkcs11.CKA_EXTRACTABLE);
  for (const unknown of [pkcs11.CKA_COPYABLE, pkcs11.CKA_ALLOWED_MECHANISMS]) expect(sent).not.toContain(unknown);
  expect(sent?.at(-1)).toBe(pkcs11.CKA_MODIFIABLE);
  cryptoki.quirks = usual;
  await token.destroyKey('identity');
});

it('a module that wants parameters is not initialised without them', () => {
  const file = join(tokens.tokensFolder, '..', 'libsoftokn3.so');
  symlinkSync(tokens.module, file);
  delete process.env['DECANT_PKCS11_PARAMETERS'];
  expect(() => loadCryptoki(file)).toThrow('DECANT_PKCS11_PARAMETERS is not set');
  process.env['DECANT_PKCS11_PARAMETERS'] = "configdir='sql:/nowhere'";
  // SoftHSM, which this file really is, was initialised before and takes them no second time
  expect(loadCryptoki(file).quirks.name).toBe('SoftHSM 2.6.1');
  delete process.env['DECANT_PKCS11_PARAMETERS'];
});
