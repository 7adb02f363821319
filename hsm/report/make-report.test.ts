import pkcs11 from 'pkcs11js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { type SoftTokens, softTokens, testPin } from '#tests/support/soft-token.ts';
import { type Cryptoki, loadCryptoki } from '../cryptoki.ts';
import { findAll } from '../key-objects.ts';
import { Login } from '../login.ts';
import { findCard } from '../token-card.ts';
import { makeReport } from './make-report.ts';
import { reportLabel } from './temporary-keys.ts';
import { probeNames, type TokenReport } from './token-report.ts';

let tokens: SoftTokens;
let cryptoki: Cryptoki;

beforeAll(async () => {
  tokens = await softTokens();
  const token = await tokens.make('mixer');
  await token.generateSigningKey('identity', { rsaBits: 2048 });
  token[Symbol.dispose]();
  cryptoki = loadCryptoki(tokens.module);
});
afterAll(() => tokens[Symbol.asyncDispose]());

function report(pin: Uint8Array = testPin): Promise<TokenReport> {
  const card = findCard(cryptoki, 'mixer');
  return makeReport({ cryptoki, card, pin, entropy: systemEntropy, clock: () => performance.now() });
}

/** Labels of all that lies in the token. */
function labels(): string[] {
  using login = new Login(cryptoki, findCard(cryptoki, 'mixer'), testPin, {
    entropy: systemEntropy,
    objectFolder: null,
  });
  return findAll(login, login.session, []).map((object) => {
    const [label] = cryptoki.api.C_GetAttributeValue(login.session, object, [{ type: pkcs11.CKA_LABEL }]);
    return label?.value.toString() ?? '';
  });
}

describe('a report on SoftHSM', () => {
  it('finds profile H, as its row says, touches no other key and leaves nothing behind', async () => {
    const made = await report();
    expect(made).toMatchObject({ verdict: { t: 'H' }, limits: [], differences: [], left: 0 });
    expect(made.module).toMatchObject({
      row: 'SoftHSM 2.6.1',
      tried: true,
      said: 'SoftHSM, Implementation of PKCS11, 2.6',
    });
    const refused = probeNames.filter((name) => made.probes[name].t !== 'yes');
    expect(refused).toEqual(['unwrap-oaep-sha256', 'unwrap-kwp-210b']);
    expect(made.probes['sign-pss']).toMatchObject({ t: 'yes', latency: { count: 20 } });
    expect(labels()).toEqual(['identity']);
  });

  it('calls a token unusable whose signatures are wrong, and takes its keys away all the same', async () => {
    const wrong = vi.spyOn(cryptoki.api, 'C_Sign').mockImplementation(() => Buffer.alloc(256));
    const made = await report();
    wrong.mockRestore();
    expect(made.probes['sign-pss']).toEqual({ t: 'no', reason: 'the signature is wrong' });
    expect(made.probes['uses-enforced']).toEqual({ t: 'skipped', needs: 'sign-pkcs1' });
    expect(made.verdict).toMatchObject({
      t: 'unusable',
      because: ['sign-pss', 'sign-pkcs1', 'uses-enforced', 'parallel'],
    });
    expect(made.differences).toEqual([{ trait: 'profile', row: 'H', found: 'unusable' }]);
    expect(labels()).toEqual(['identity']);
  });

  it('calls a token unusable whose sensitive keys can be read', async () => {
    const real = cryptoki.api.C_GetAttributeValue.bind(cryptoki.api);
    const open = vi.spyOn(cryptoki.api, 'C_GetAttributeValue').mockImplementation((session, object, template) => {
      const value = { type: pkcs11.CKA_VALUE, value: Buffer.alloc(32) };
      return template?.[0]?.type === pkcs11.CKA_VALUE ? [value] : real(session, object, template ?? []);
    });
    const made = await report();
    open.mockRestore();
    expect(made.probes['unwrapped-unreadable']).toEqual({
      t: 'no',
      reason: 'the value of a sensitive key can be read',
    });
    expect(made.verdict).toEqual({ t: 'unusable', because: ['unwrapped-unreadable'] });
  });

  it('ends with the failure of a token that makes no keys at all, having tried every shape of template', async () => {
    const refused = new Error(`CKR_DEVICE_ERROR:${pkcs11.CKR_DEVICE_ERROR}`);
    const none = vi.spyOn(cryptoki.api, 'C_GenerateKeyPair').mockImplementation(() => {
      throw refused;
    });
    const made = await report();
    expect(none.mock.calls.length).toBe(16);
    none.mockRestore();
    expect(made.probes['generate-rsa-2048']).toEqual({ t: 'no', reason: 'CKR_DEVICE_ERROR' });
    expect(made.verdict.t).toBe('unusable');
    expect(made.left).toBe(0);
  });

  it('tries a wrong PIN once and does nothing else, whoever asks next', async () => {
    const login = vi.spyOn(cryptoki.native, 'login');
    const generate = vi.spyOn(cryptoki.api, 'C_GenerateKeyPair');
    await expect(report(Buffer.from('0000-0000'))).rejects.toMatchObject({ code: 'token/wrong-pin' });
    expect(login).toHaveBeenCalledTimes(1);
    expect(generate).not.toHaveBeenCalled();
    login.mockRestore();
    generate.mockRestore();
    using token = await tokens.reopen('mixer');
    expect(token.listKeys('')).toEqual(['identity']);
  });

  it('is refused while somebody is logged in: the PIN would go unchecked', async () => {
    using token = await tokens.reopen('mixer');
    await expect(report()).rejects.toMatchObject({ facts: { reason: 'CKR_USER_ALREADY_LOGGED_IN' } });
    expect(token.listKeys('')).toEqual(['identity']);
  });

  it('takes away what a report that was killed left in the token', async () => {
    const destroy = vi.spyOn(cryptoki.api, 'C_DestroyObject').mockImplementation(() => {
      throw new Error('CKR_FUNCTION_FAILED:6');
    });
    const made = await report();
    expect(made.left).toBeGreaterThan(0);
    destroy.mockRestore();
    expect(labels()).toContain(reportLabel);
    const none = vi.spyOn(cryptoki.api, 'C_GenerateKeyPair').mockImplementation(() => {
      throw new Error('CKR_DEVICE_ERROR:48');
    });
    expect((await report()).left).toBe(0);
    none.mockRestore();
    expect(labels()).toEqual(['identity']);
  });
});
