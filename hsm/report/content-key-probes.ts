import { constants, createCipheriv, publicEncrypt } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import type { Handle } from '../cryptoki.ts';
import { keyTemplates } from '../key-templates.ts';
import { gcm, oaep } from '../mechanisms.ts';
import { sealInMemory } from '../open-in-memory.ts';
import { type BenchKey, mustHold, mustRefuse, type ProbeBench } from './probe-bench.ts';
import { type Check, nothingToCheck, type Probe, type Timed } from './probe.ts';
import type { ProbeName } from './token-report.ts';

const aad = Buffer.from('token report');
const nonce = Buffer.alloc(12, 7);
const pieceSize = 65_536;

export const oaepSha256: pkcs11.Mechanism = {
  mechanism: pkcs11.CKM_RSA_PKCS_OAEP,
  parameter: {
    type: pkcs11.CK_PARAMS_RSA_OAEP,
    hashAlg: pkcs11.CKM_SHA256,
    mgf: pkcs11.CKG_MGF1_SHA256,
    source: 1,
  } as pkcs11.RsaOAEP,
};

/** The content key's way: wrapped to a key of the token, unwrapped or decrypted there, opening pieces, ending. */
export const contentKeyProbes = {
  'unwrap-oaep-sha1': {
    needs: ['generate-rsa-2048'],
    count: 20,
    prepare: makeUnwrapKey,
    act: (bench, _, timed) => {
      const wrapped = wrapTo(bench, 'unwrap', 'sha1');
      bench.contentKey = timed(() => unwrap(bench, bench.session, oaep, wrapped));
      return nothingToCheck;
    },
  },
  'unwrap-oaep-sha256': {
    needs: ['unwrap-oaep-sha1'],
    count: 3,
    act: (bench, session, timed) => {
      const wrapped = wrapTo(bench, 'unwrap', 'sha256');
      const key = timed(() => unwrap(bench, session, oaepSha256, wrapped));
      return opens(bench, session, key);
    },
  },
  'unwrapped-unreadable': {
    needs: ['unwrap-oaep-sha1'],
    count: 1,
    act: (bench, session) => {
      const { api, contentKey } = bench;
      mustRefuse('the value of a sensitive key can be read', () =>
        api.C_GetAttributeValue(session, contentKey, [{ type: pkcs11.CKA_VALUE }]),
      );
      const [sensitive, extractable] = api.C_GetAttributeValue(session, contentKey, [
        { type: pkcs11.CKA_SENSITIVE },
        { type: pkcs11.CKA_EXTRACTABLE },
      ]);
      mustHold(sensitive?.value[0] === 1 && extractable?.value[0] === 0, 'it reads back as not sensitive');
      return nothingToCheck;
    },
  },
  'decrypt-oaep-sha1': {
    needs: ['generate-rsa-2048'],
    count: 10,
    prepare: (bench) => void bench.make('decrypt'),
    act: (bench, session, timed) => {
      const wrapped = wrapTo(bench, 'decrypt', 'sha1');
      const clear = timed(() => {
        bench.api.C_DecryptInit(session, oaep, bench.privateKey('decrypt'));
        return bench.api.C_Decrypt(session, wrapped, Buffer.alloc(512));
      });
      return () => mustHold(clear.equals(bench.clearKey), 'the key is another');
    },
  },
  'open-gcm': {
    needs: ['unwrap-oaep-sha1'],
    count: 50,
    act: (bench, session, timed) => opens(bench, session, bench.contentKey, timed),
  },
  'gcm-wrong-tag': {
    needs: ['open-gcm'],
    count: 1,
    act: (bench, session) => {
      const plaintext = bench.random(64);
      const sealed = seal(bench, plaintext);
      sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
      const out = Buffer.alloc(sealed.length);
      bench.api.C_DecryptInit(session, gcm(nonce, aad), bench.contentKey);
      mustRefuse('a wrong tag is taken', () => bench.api.C_Decrypt(session, sealed, out));
      return () => mustHold(!out.includes(plaintext.subarray(0, 8)), 'plaintext is left in the buffer');
    },
  },
  'ends-with-session': {
    needs: ['open-gcm'],
    count: 1,
    act: async (bench, session) => {
      const key = await bench.inSession((brief) => unwrap(bench, brief, oaep, wrapTo(bench, 'unwrap', 'sha1')));
      mustRefuse('a key outlives its session', () => bench.api.C_DecryptInit(session, gcm(nonce, aad), key));
      return nothingToCheck;
    },
  },
  'unwrap-kwp-210a': unwrapsPadded(0x210a),
  'unwrap-kwp-210b': unwrapsPadded(0x210b),
} satisfies Partial<Record<ProbeName, Probe>>;

/** A pair that unwraps, with an unwrap template where the module takes one. */
function makeUnwrapKey(bench: ProbeBench): void {
  try {
    bench.make('unwrap');
  } catch {
    bench.shape = { ...bench.shape, unwrapTemplate: false };
    bench.make('unwrap');
  }
}

export function wrapTo(bench: ProbeBench, key: BenchKey, oaepHash: 'sha1' | 'sha256', secret = bench.clearKey): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key: bench.publicKey(key), padding, oaepHash }, secret);
}

function unwrap(bench: ProbeBench, session: Handle, mechanism: pkcs11.Mechanism, wrapped: Buffer): Handle {
  const template = bench.attributes(keyTemplates.contentKey, secretKey);
  return bench.api.C_UnwrapKey(session, mechanism, bench.privateKey('unwrap'), wrapped, template);
}

export const secretKey: pkcs11.Template = [
  { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
  { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_AES },
];

function seal(bench: ProbeBench, plaintext: Buffer): Buffer {
  const sealed = Buffer.alloc(plaintext.length + 16);
  sealInMemory(bench.clearKey, nonce, aad, plaintext, sealed);
  return sealed;
}

/** Opens a piece of 64 KiB into our own buffer; the check compares every byte. */
function opens(bench: ProbeBench, session: Handle, key: Handle, timed: Timed = (task) => task()): Check {
  const [plaintext, out] = [bench.random(pieceSize), Buffer.alloc(pieceSize + 16)];
  const sealed = seal(bench, plaintext);
  const { length } = timed(() => {
    bench.api.C_DecryptInit(session, gcm(nonce, aad), key);
    return bench.api.C_Decrypt(session, sealed, out);
  });
  return () => mustHold(length === pieceSize && out.subarray(0, length).equals(plaintext), 'the piece is another');
}

/** A key under RFC 5649, unwrapped under each of the two numbers that are in use for it. */
function unwrapsPadded(mechanism: number): Probe {
  return {
    needs: ['open-gcm'],
    count: 3,
    act: (bench, session, timed) => {
      const [kek, wrappingKey] = importKek(bench, session, mechanism);
      const wrapped = wrapPadded(wrappingKey, bench.clearKey);
      const template = bench.attributes(keyTemplates.contentKey, secretKey);
      const key = timed(() => bench.api.C_UnwrapKey(session, { mechanism }, kek, wrapped, template));
      return opens(bench, session, key);
    },
  };
}

/** A key-encryption key in the token, as the class-key ceremony brings one, and its clear bytes. */
export function importKek(bench: ProbeBench, session: Handle, mechanism: number): [Handle, Buffer] {
  const clear = bench.random(32);
  const wrapped = wrapTo(bench, 'unwrap', 'sha1', clear);
  const template = bench.attributes({ ...keyTemplates.escrow, allowed: [mechanism] }, secretKey);
  const passing = template.map((one) => (one.type === pkcs11.CKA_TOKEN ? { ...one, value: false } : one));
  return [bench.api.C_UnwrapKey(session, oaep, bench.privateKey('unwrap'), wrapped, passing), clear];
}

export function wrapPadded(wrappingKey: Buffer, secret: Buffer): Buffer {
  const cipher = createCipheriv('id-aes256-wrap-pad', wrappingKey, Buffer.from('a65959a6', 'hex'));
  return Buffer.concat([cipher.update(secret), cipher.final()]);
}
