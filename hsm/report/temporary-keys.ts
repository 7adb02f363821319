import pkcs11 from 'pkcs11js';
import { asking, type Handle } from '../cryptoki.ts';
import { findAll } from '../key-objects.ts';
import { grants, type KeyTemplate, toAttributes } from '../key-templates.ts';
import type { Login } from '../login.ts';
import { mirrored, p256, publicExponent } from '../make-keys.ts';
import type { KeyShape } from './key-shape.ts';

/** Every object that a report makes in the token is called this, so that the next report finds what a killed one left. */
export const reportLabel = 'decant-token-report';

export type PairKind = { readonly rsaBits: 2048 | 3072 } | { readonly curve: 'P-256' };

/** Where a pair of a report is found: tpm2-pkcs11 gives handles anew when an object goes. */
export type PairId = Buffer;

/** Key pairs of a report: in the session where the module has such, else in the token under the report's label. */
export class TemporaryKeys {
  readonly login: Login;
  readonly session: Handle;

  constructor(login: Login, session: Handle) {
    this.login = login;
    this.session = session;
  }

  /** A pair made as `shape` says; `lasting` ones lie in the token. */
  makePair(kind: PairKind, template: KeyTemplate, shape: KeyShape, lasting: boolean): PairId {
    const id = Buffer.from(this.login.entropy.bytes(16));
    const name: pkcs11.Template = [
      { type: pkcs11.CKA_LABEL, value: reportLabel },
      { type: pkcs11.CKA_ID, value: id },
    ];
    const rsa = 'rsaBits' in kind;
    const uses = mirrored.map(([type, use]) => ({ type, value: grants(template, use) }));
    const publicKey: pkcs11.Template = [
      { type: pkcs11.CKA_TOKEN, value: lasting && !(rsa && shape.rsaPublicInSession) },
      ...name,
      ...(rsa
        ? [
            { type: pkcs11.CKA_MODULUS_BITS, value: kind.rsaBits },
            { type: pkcs11.CKA_PUBLIC_EXPONENT, value: publicExponent },
          ]
        : [{ type: pkcs11.CKA_EC_PARAMS, value: p256 }]),
      ...(shape.publicUses ? uses : []),
    ];
    const mechanism = rsa ? pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN : pkcs11.CKM_EC_KEY_PAIR_GEN;
    const privateKey = toAttributes(placed(template, lasting), shape, name);
    this.login.cryptoki.api.C_GenerateKeyPair(this.session, { mechanism }, publicKey, privateKey);
    return id;
  }

  /** One half of a pair, looked up. @throws Error when it is not there */
  half(id: PairId, objectClass: number): Handle {
    const [handle] = this.#find(id, objectClass);
    if (handle === undefined) throw new Error('the key is not found');
    return handle;
  }

  /** Destroys what is there of a pair; what refuses is swept at the end, and counted there. */
  destroyPair(id: PairId): void {
    for (const objectClass of [pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY]) {
      for (const handle of this.#find(id, objectClass)) this.#destroy(handle);
    }
  }

  /** Takes every object of this or an earlier report away; answers how many refused to go. */
  sweep(): number {
    const ours = [{ type: pkcs11.CKA_LABEL, value: reportLabel }];
    // handles may change when an object goes: one is asked for at a time, for as long as it helps
    let left = findAll(this.login, this.session, ours);
    for (let i = 0; i < left.length; ) {
      const before = left.length;
      const handle = left[i];
      if (handle !== undefined) this.#destroy(handle);
      left = findAll(this.login, this.session, ours);
      if (left.length === before) i += 1;
    }
    return left.length;
  }

  #find(id: PairId, objectClass: number): Handle[] {
    return findAll(this.login, this.session, [
      { type: pkcs11.CKA_CLASS, value: objectClass },
      { type: pkcs11.CKA_ID, value: id },
      { type: pkcs11.CKA_LABEL, value: reportLabel },
    ]);
  }

  #destroy(handle: Handle): void {
    try {
      asking('sweep', () => this.login.cryptoki.api.C_DestroyObject(this.session, handle));
    } catch {
      // it is found again by whoever counts
    }
  }
}

/** The template for a session object or a token object. */
export function placed(template: KeyTemplate, lasting: boolean): KeyTemplate {
  const flags = template.flags.map(
    ([attribute, value]) => [attribute, attribute === pkcs11.CKA_TOKEN ? lasting : value] as const,
  );
  return { ...template, flags };
}
