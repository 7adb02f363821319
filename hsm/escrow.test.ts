import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SoftTokens, softTokens } from '#tests/support/soft-token.ts';
import { type ClassKeyVault, openClassKeyVault } from './class-key-vault.ts';
import { type Escrow, openEscrow } from './escrow.ts';
import type { Pkcs11Token } from './pkcs11-token.ts';
import type { Token } from './token.ts';

let tokens: SoftTokens;
let licensing: Pkcs11Token;
let machine: Pkcs11Token;
let maker: Pkcs11Token;
let escrow: Escrow;
let vault: ClassKeyVault;

beforeAll(async () => {
  tokens = await softTokens();
  licensing = await tokens.make('licensing');
  machine = await tokens.make('machine');
  maker = await tokens.make('maker');
  escrow = await openEscrow(licensing);
  vault = openClassKeyVault(maker);
});
afterAll(async () => {
  for (const token of [licensing, machine, maker]) token[Symbol.dispose]();
  await tokens[Symbol.asyncDispose]();
});

const aad = Buffer.from('piece 0');

function wrapTo(spki: Uint8Array, key: Uint8Array): Uint8Array {
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, key);
}

/** Whether `token` opens a piece sealed under `contentKey` when it is given `wrapped`. */
async function opens(token: Token, unwrapKey: string, wrapped: Uint8Array, contentKey: Uint8Array): Promise<boolean> {
  const [nonce, plaintext] = [randomBytes(12), randomBytes(64)];
  const cipher = createCipheriv('aes-256-gcm', contentKey, nonce, { authTagLength: 16 }).setAAD(aad);
  const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  using job = token.openJob();
  const out = new Uint8Array(80);
  const length = await job.open(await job.unwrapContentKey(unwrapKey, wrapped), nonce, aad, sealed, out);
  return plaintext.equals(out.subarray(0, length));
}

describe('escrow', () => {
  it('turns a deposit into a licence slot that opens the recipe on the machine', async () => {
    const contentKey = randomBytes(32);
    const stored = await escrow.accept(wrapTo(escrow.depositPublicKey(), contentKey));
    expect(stored).toHaveLength(40);
    expect(Buffer.from(stored).includes(contentKey.subarray(0, 8))).toBe(false);
    const prekey = await machine.generateUnwrapKey('prekey/1', 2048);
    expect(await opens(machine, 'prekey/1', await escrow.rewrap(stored, prekey), contentKey)).toBe(true);
  });

  it('refuses a deposit and a stored key that were changed', async () => {
    const deposit = Buffer.from(wrapTo(escrow.depositPublicKey(), randomBytes(32)));
    const stored = Buffer.from(await escrow.accept(deposit));
    deposit[100] = (deposit[100] ?? 0) ^ 1;
    stored[20] = (stored[20] ?? 0) ^ 1;
    await expect(escrow.accept(deposit)).rejects.toMatchObject({ code: 'token/unwrap-refused' });
    const refused = escrow.rewrap(stored, escrow.depositPublicKey());
    await expect(refused).rejects.toMatchObject({ code: 'token/unwrap-refused' });
  });

  it('refuses a recipient that is no RSA key', async () => {
    const stored = await escrow.accept(wrapTo(escrow.depositPublicKey(), randomBytes(32)));
    const ecKey = await licensing.generateSigningKey('ec', { curve: 'P-256' });
    await expect(escrow.rewrap(stored, ecKey)).rejects.toMatchObject({ code: 'message/malformed' });
    await expect(escrow.rewrap(stored, Buffer.from('no key'))).rejects.toMatchObject({ code: 'message/malformed' });
  });

  it('finds its keys again when the service restarts', async () => {
    const [before, contentKey] = [escrow.depositPublicKey(), randomBytes(32)];
    const stored = await escrow.accept(wrapTo(before, contentKey));
    licensing[Symbol.dispose]();
    licensing = await tokens.reopen('licensing');
    escrow = await openEscrow(licensing);
    expect(escrow.depositPublicKey()).toEqual(before);
    const prekey = await machine.generateUnwrapKey('prekey/2', 2048);
    expect(await opens(machine, 'prekey/2', await escrow.rewrap(stored, prekey), contentKey)).toBe(true);
  });
});

describe('the class-key ceremony', () => {
  it('carries a class key from the maker to the machine, and leaves no transport key behind', async () => {
    const spki = await vault.generateClassKey('class/demo/1', 2048);
    const transport = await machine.generateUnwrapKey('transport', 3072);
    const wrapped = await vault.wrapClassKey('class/demo/1', transport);
    const names = { transportLabel: 'transport', classKeyLabel: 'class/demo/1' };
    expect(await machine.importClassKey({ ...names, ...wrapped })).toEqual(spki);
    expect(machine.hasKey('transport')).toBe(false);
    const contentKey = randomBytes(32);
    expect(await opens(machine, 'class/demo/1', wrapTo(spki, contentKey), contentKey)).toBe(true);
  });

  it('leaves neither key when the delivery was changed or made for another machine', async () => {
    await vault.generateClassKey('class/demo/2', 2048);
    const names = { transportLabel: 'transport', classKeyLabel: 'class/demo/2' };
    for (const field of ['wrappedKek', 'wrappedKey'] as const) {
      const transport = await machine.generateUnwrapKey('transport', 2048);
      const wrapped = await vault.wrapClassKey('class/demo/2', transport);
      const changed = Buffer.from(wrapped[field]);
      changed[50] = (changed[50] ?? 0) ^ 1;
      const imported = machine.importClassKey({ ...names, ...wrapped, [field]: changed });
      await expect(imported).rejects.toMatchObject({ code: 'token/unwrap-refused' });
      expect(machine.listKeys('transport')).toEqual([]);
      expect(machine.hasKey('class/demo/2')).toBe(false);
    }
  });

  it('keeps a class key that is already there, and the transport key with it', async () => {
    const transport = await machine.generateUnwrapKey('transport', 2048);
    const wrapped = await vault.wrapClassKey('class/demo/2', transport);
    const names = { transportLabel: 'transport', classKeyLabel: 'class/demo/1' };
    await expect(machine.importClassKey({ ...names, ...wrapped })).rejects.toMatchObject({ code: 'token/failed' });
    expect(machine.listKeys('')).toEqual(expect.arrayContaining(['class/demo/1', 'transport']));
  });
});
