import { constants, publicEncrypt } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import type { Handle } from '../cryptoki.ts';
import { findAll, readAttribute } from '../key-objects.ts';
import { type KeyTemplate, keyTemplates, knownFlags } from '../key-templates.ts';
import { oaep } from '../mechanisms.ts';
import { signing } from '../sign.ts';
import { importKek, secretKey, wrapTo } from './content-key-probes.ts';
import { type BenchKey, mustHold, mustRefuse, type ProbeBench } from './probe-bench.ts';
import { nothingToCheck, type Probe } from './probe.ts';
import { type PairId, placed, reportLabel } from './temporary-keys.ts';
import type { ProbeName } from './token-report.ts';

/** What the module promised of a key, tried against it. */
export const enforcementProbes = {
  'unwrap-template': {
    needs: ['unwrap-oaep-sha1'],
    count: 1,
    act: (bench, session) => {
      mustHold(bench.shape.unwrapTemplate, 'CKA_UNWRAP_TEMPLATE is not taken');
      const wrapped = wrapTo(bench, 'unwrap', 'sha1');
      const privateKey = bench.privateKey('unwrap');
      const flags = (sensitive: boolean, extractable: boolean): pkcs11.Template => [
        ...secretKey,
        { type: pkcs11.CKA_TOKEN, value: false },
        { type: pkcs11.CKA_SENSITIVE, value: sensitive },
        { type: pkcs11.CKA_EXTRACTABLE, value: extractable },
      ];
      for (const template of [flags(true, true), flags(false, false), flags(false, true)]) {
        mustRefuse('a key is unwrapped once more as one that can leave', () =>
          bench.api.C_UnwrapKey(session, oaep, privateKey, wrapped, template),
        );
      }
      return nothingToCheck;
    },
  },
  'allowed-mechanisms': {
    needs: ['generate-rsa-2048'],
    count: 1,
    act: (bench, session) => {
      mustHold(bench.shape.allowedMechanisms, 'CKA_ALLOWED_MECHANISMS is not taken');
      const key = receiving(bench);
      const padding = constants.RSA_PKCS1_PADDING;
      const wrapped = publicEncrypt({ key: bench.publicKey(key), padding }, bench.clearKey);
      mustRefuse('PKCS#1 v1.5 is answered', () =>
        receive(bench, session, { mechanism: pkcs11.CKM_RSA_PKCS }, key, wrapped),
      );
      return nothingToCheck;
    },
  },
  'uses-enforced': {
    needs: ['sign-pkcs1'],
    count: 1,
    act: (bench, session) => {
      const key = receiving(bench);
      const wrapped = wrapTo(bench, 'sign-2048', 'sha1');
      mustRefuse('a key that signs decrypts', () => {
        bench.api.C_DecryptInit(session, oaep, bench.privateKey('sign-2048'));
        return bench.api.C_Decrypt(session, wrapped, Buffer.alloc(512));
      });
      mustRefuse('a key that unwraps signs', () => {
        bench.api.C_SignInit(session, signing.RS256.mechanism, bench.privateKey(key));
        return bench.api.C_Sign(session, wrapped, Buffer.alloc(512));
      });
      return nothingToCheck;
    },
  },
  'unwrapped-private-keeps-uses': {
    needs: ['unwrap-oaep-sha1'],
    count: 1,
    act: (bench, session) => {
      const template = placed(keyTemplates.unwrap, false);
      const key = wrapAndUnwrap(bench, session, template);
      for (const [attribute, value] of knownFlags(template, bench.shape)) {
        const found = readAttribute(bench.login, key, attribute);
        mustHold(found[0] === (value ? 1 : 0), 'a private key that was unwrapped may more than was asked for');
      }
      return nothingToCheck;
    },
  },
  destroy: {
    needs: ['generate-rsa-2048'],
    count: 2,
    act: async (bench, session, timed) => {
      const pair = makeBrief(bench);
      const before = await bench.inSession((fresh) => privateKeys(bench, fresh));
      const privateKey = bench.keys.half(pair, pkcs11.CKO_PRIVATE_KEY);
      timed(() => bench.api.C_DestroyObject(session, privateKey));
      const after = await bench.inSession((fresh) => privateKeys(bench, fresh));
      bench.keys.destroyPair(pair);
      mustHold(after === before - 1, 'a destroyed key is still found');
      return nothingToCheck;
    },
  },
} satisfies Partial<Record<ProbeName, Probe>>;

/** The key that takes content keys: one that unwraps, or decrypts where there is none. */
function receiving(bench: ProbeBench): BenchKey {
  return bench.has('unwrap') ? 'unwrap' : 'decrypt';
}

function receive(bench: ProbeBench, session: Handle, mechanism: pkcs11.Mechanism, key: BenchKey, wrapped: Buffer) {
  const privateKey = bench.privateKey(key);
  if (key === 'unwrap') {
    const template = bench.attributes(keyTemplates.contentKey, secretKey);
    return bench.api.C_UnwrapKey(session, mechanism, privateKey, wrapped, template);
  }
  bench.api.C_DecryptInit(session, mechanism, privateKey);
  return bench.api.C_Decrypt(session, wrapped, Buffer.alloc(512));
}

/** A class key out of the maker's hands and in again, under whichever number of RFC 5649 the module knows. */
function wrapAndUnwrap(bench: ProbeBench, session: Handle, template: KeyTemplate): Handle {
  const { api, keys, shape } = bench;
  const pair = keys.makePair({ rsaBits: 2048 }, keyTemplates.classKeyOriginal, shape, bench.lasting);
  const attributes = bench.attributes(template, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_RSA },
    { type: pkcs11.CKA_LABEL, value: reportLabel },
  ]);
  let refused: unknown = new Error('there is no RFC 5649');
  for (const mechanism of [0x210a, 0x210b]) {
    try {
      const [kek] = importKek(bench, session, mechanism);
      const original = keys.half(pair, pkcs11.CKO_PRIVATE_KEY);
      const wrapped = api.C_WrapKey(session, { mechanism }, kek, original, Buffer.alloc(4096));
      return api.C_UnwrapKey(session, { mechanism }, kek, wrapped, attributes);
    } catch (error) {
      refused = error;
    }
  }
  throw refused;
}

/** A pair in the token that is quick to make. */
function makeBrief(bench: ProbeBench): PairId {
  const { keys, shape } = bench;
  return bench.has('sign-p256')
    ? keys.makePair({ curve: 'P-256' }, keyTemplates.ecSigning, shape, true)
    : keys.makePair({ rsaBits: 2048 }, keyTemplates.rsaSigning, shape, true);
}

function privateKeys(bench: ProbeBench, session: Handle): number {
  return findAll(bench.login, session, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_LABEL, value: reportLabel },
  ]).length;
}
