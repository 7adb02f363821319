import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt } from 'node:crypto';
import type { Escrow } from '#hsm/escrow.ts';
import { spkiOf } from '#wire/certificate-chain.ts';
import { publicKeyOf } from '../../support/sealing.ts';

/** An escrow in memory: what is "under its key" is the content key and eight zeros. */
export function paperEscrow(): Escrow {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' };
  return {
    depositPublicKey: () => spkiOf(publicKey),
    accept: async (deposit) =>
      new Uint8Array([...privateDecrypt({ key: privateKey, ...oaep }, deposit), ...new Uint8Array(8)]),
    rewrap: async (stored, recipient) =>
      new Uint8Array(publicEncrypt({ key: publicKeyOf(recipient), ...oaep }, stored.subarray(0, 32))),
  };
}
