import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pkcs11 from 'pkcs11js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Failure } from '#shared/failure.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type SoftTokens, softTokens, testPin, testSoPin } from '#tests/support/soft-token.ts';
import { findModule, loadCryptoki, nameOfReturnValue, reasonOf } from './cryptoki.ts';
import { initToken } from './init-token.ts';
import { isTried, type ModuleQuirks, quirksOf } from './module-quirks.ts';
import { openToken, type TokenToOpen } from './open-token.ts';
import { softhsmPlace, writeSofthsmConfig } from './softhsm-config.ts';
import { listCards } from './token-card.ts';

let tokens: SoftTokens;
const pin = Buffer.from(testPin);

beforeAll(async () => {
  tokens = await softTokens();
  (await tokens.make('mixer'))[Symbol.dispose]();
});
afterAll(() => tokens[Symbol.asyncDispose]());

function open(changes: Partial<TokenToOpen> = {}) {
  const { module, tokensFolder } = tokens;
  return openToken({ module, label: 'mixer', pin, entropy: systemEntropy, tokensFolder, ...changes });
}

describe('opening a token', () => {
  it('tries a wrong PIN exactly once', async () => {
    const login = vi.spyOn(loadCryptoki(tokens.module).native, 'login');
    for (const wrong of ['0000-0000', '1', 'x'.repeat(300)]) {
      login.mockClear();
      await expect(open({ pin: Buffer.from(wrong) })).rejects.toMatchObject({ code: 'token/wrong-pin' });
      expect(login).toHaveBeenCalledTimes(1);
    }
    login.mockRestore();
    using token = await open();
    expect(token.label).toBe('mixer');
  });

  it('is refused for a module to which no key may be trusted, before the PIN is tried', async () => {
    const cryptoki: { quirks: ModuleQuirks } = loadCryptoki(tokens.module);
    const login = vi.spyOn(loadCryptoki(tokens.module).native, 'login');
    const { quirks } = cryptoki;
    const row = quirksOf({ manufacturerID: 'IBM', libraryDescription: 'Meta PKCS11 LIBRARY' });
    cryptoki.quirks = row;
    const failure: unknown = await open().catch((error: unknown) => error);
    cryptoki.quirks = quirks;
    expect(failure).toMatchObject({
      code: 'token/refused',
      facts: { module: 'opencryptoki 3.8', reason: row.refused },
    });
    expect(login).not.toHaveBeenCalled();
    login.mockRestore();
  });

  it('spends no attempt on an empty PIN', async () => {
    const login = vi.spyOn(loadCryptoki(tokens.module).native, 'login');
    await expect(open({ pin: Buffer.alloc(0) })).rejects.toMatchObject({ code: 'token/wrong-pin' });
    expect(login).not.toHaveBeenCalled();
    login.mockRestore();
  });

  it('says when the token has locked itself, which SoftHSM never does', async () => {
    const login = vi.spyOn(loadCryptoki(tokens.module).native, 'login').mockReturnValue(pkcs11.CKR_PIN_LOCKED);
    await expect(open()).rejects.toMatchObject({ code: 'token/pin-locked' });
    login.mockRestore();
  });

  it('keeps neither PIN nor secret in what the failure tells', async () => {
    const failure: unknown = await open({ pin: Buffer.from('wrong-wrong') }).catch((error: unknown) => error);
    expect(JSON.stringify(failure) + String(failure)).not.toContain('wrong-wrong');
  });

  it('is refused while it is open: the second PIN would go unchecked', async () => {
    using token = await open();
    expect(token.hasKey('none')).toBe(false);
    const reason = 'CKR_USER_ALREADY_LOGGED_IN';
    await expect(open({ pin: Buffer.from('wrong') })).rejects.toMatchObject({
      code: 'token/failed',
      facts: { reason },
    });
  });

  it('can be disposed of twice, and leaves no key handle that works', async () => {
    const token = await open();
    token[Symbol.dispose]();
    token[Symbol.dispose]();
    expect(() => token.hasKey('any')).toThrow('token/failed');
    expect(() => token.openJob()).toThrow('token/failed');
  });

  it('is token/missing for another label, and for a file that is no module', async () => {
    await expect(open({ label: 'other' })).rejects.toMatchObject({ code: 'token/missing' });
    const file = join(tokens.tokensFolder, '..', 'no-module.so');
    writeFileSync(file, 'none');
    for (const module of [file, '/nowhere/module.so']) {
      await expect(open({ module })).rejects.toMatchObject({ code: 'token/missing' });
    }
  });

  it('has on the medium what it finds: a killed process may have left it in the cache', async () => {
    const synced: string[] = [];
    const list = async () => new Set(['a.object', 'b.object']);
    using _token = await open({ objectFolder: { list, sync: async (names) => void synced.push(...names, 'folder') } });
    expect(synced).toEqual(['a.object', 'b.object', 'folder']);
  });

  it('is refused where the medium takes nothing, and then logged in nowhere', async () => {
    const sync = () => Promise.reject(new Failure('disk/failed', { reason: 'EIO' }));
    const objectFolder = { list: async () => new Set<string>(), sync };
    await expect(open({ objectFolder })).rejects.toMatchObject({ code: 'disk/failed' });
    using token = await open();
    expect(token.hasKey('none')).toBe(false);
  });

  it('proves no destruction when it does not know the folder', async () => {
    const { module } = tokens;
    using token = await openToken({ module, label: 'mixer', pin, entropy: systemEntropy });
    await token.generateUnwrapKey('prekey', 2048);
    await expect(token.destroyKey('prekey')).rejects.toMatchObject({ code: 'token/destroy-unproven' });
    expect(token.hasKey('prekey')).toBe(true);
  });
});

describe('initialising a token', () => {
  const init = (label: string, changes: { soPin?: Uint8Array; pin?: Uint8Array } = {}) =>
    initToken({ module: tokens.module, label, soPin: testSoPin, pin: testPin, ...changes });

  it('answers where it sits', async () => {
    const card = await init('new');
    expect(card).toMatchObject({ label: 'new', serial: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
    expect(listCards(loadCryptoki(tokens.module))).toContainEqual(card);
  });

  it('is refused for a label that is taken, none, or too long', async () => {
    for (const label of ['mixer', '', 'x'.repeat(33)]) {
      await expect(init(label)).rejects.toMatchObject({ code: 'token/failed' });
    }
  });

  it('is refused for a PIN that the token does not take', async () => {
    const short = Buffer.from('1');
    const reason = 'CKR_PIN_LEN_RANGE';
    await expect(init('short', { pin: short })).rejects.toMatchObject({ facts: { operation: 'set PIN', reason } });
    await expect(init('shorter', { soPin: short })).rejects.toMatchObject({ code: 'token/failed' });
  });

  it('makes two tokens of one label impossible to confuse', async () => {
    const { api } = loadCryptoki(tokens.module);
    const info = vi.spyOn(api, 'C_GetTokenInfo');
    const [real] = api.C_GetSlotList(true);
    if (real === undefined) throw new Error('no slot');
    const template = api.C_GetTokenInfo(real);
    info.mockReturnValue({ ...template, label: 'twin' });
    await expect(open({ label: 'twin' })).rejects.toMatchObject({ code: 'token/missing' });
    info.mockRestore();
  });
});

describe('the module', () => {
  const row = (manufacturerID: string, libraryDescription = '') => quirksOf({ manufacturerID, libraryDescription });

  it('is the configured one or the first of the usual places', () => {
    expect(findModule('/opt/hsm.so', () => true)).toBe('/opt/hsm.so');
    expect(findModule(undefined, (path) => path.includes('aarch64'))).toContain('aarch64');
    expect(() => findModule('/opt/hsm.so', () => false)).toThrow('token/missing (module=/opt/hsm.so)');
    expect(() => findModule(undefined, () => false)).toThrow('token/missing');
  });

  it('is loaded once however often it is asked for', () => {
    expect(loadCryptoki(tokens.module)).toBe(loadCryptoki(tokens.module));
  });

  it('may have been initialised before, by a TLS engine say', () => {
    loadCryptoki(tokens.module);
    // the loader resolves both names to one library in this process
    const other = tokens.module.replace('/libsofthsm2.so', '//libsofthsm2.so');
    expect(loadCryptoki(other).quirks.name).toBe('SoftHSM 2.6.1');
  });

  it('has the quirks of its maker, and those of the standard when nobody has tried it', () => {
    expect(row('SoftHSM                         ')).toMatchObject({ tokenClass: 'soft', objectFiles: true });
    expect(row('Mozilla Foundation')).toMatchObject({ keyWrapPadded: 0x210b, unwrapTemplate: false });
    expect(row('tpm2-software.github.io')).toMatchObject({ tokenClass: 'tpm', profile: 'S' });
    expect(row('IBM', 'Meta PKCS11 LIBRARY')).toMatchObject({ refused: 'unwrapped keys can be read' });
    expect(row('Acme')).toMatchObject({ name: 'Acme', tokenClass: 'soft', unwrapTemplate: true });
    expect([row('SoftHSM'), row('Acme')].map(isTried)).toEqual([true, false]);
  });

  it('is quoted by the names of its return values', () => {
    expect([0, 0x1b, 0x80000001].map(nameOfReturnValue)).toEqual(['CKR_OK', 'CKR_ACTION_PROHIBITED', 'CKR_0x80000001']);
    expect([new Error('CKR_VENDOR_DEFINED:27'), new Error('other'), 'text'].map(reasonOf)).toEqual([
      'CKR_ACTION_PROHIBITED',
      'other',
      'text',
    ]);
  });
});

describe('the configuration of a private SoftHSM', () => {
  it('is readable by its owner only, and the same when written again', async () => {
    const folder = join(tokens.tokensFolder, '..', 'second');
    const place = await writeSofthsmConfig(folder);
    expect(await writeSofthsmConfig(folder)).toEqual(place);
    expect(softhsmPlace(folder)).toEqual(place);
    expect(statSync(place.configFile).mode & 0o777).toBe(0o600);
    expect(statSync(place.tokensFolder).mode & 0o777).toBe(0o700);
  });

  it('is disk/failed where no folder can be', async () => {
    await expect(writeSofthsmConfig(join(tokens.configFile, 'below'))).rejects.toMatchObject({ code: 'disk/failed' });
  });
});
