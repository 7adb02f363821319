import pkcs11 from 'pkcs11js';
import { Failure } from '#shared/failure.ts';
import { bufferOf, type Handle, handleNumber, nameOfReturnValue } from './cryptoki.ts';
import { type KeyTemplate, toAttributes } from './key-templates.ts';
import type { Login } from './login.ts';
import { oaep } from './mechanisms.ts';
import { encodeOaep, encodeTemplate } from './native-memory.ts';

/**
 * Unwraps an AES key inside the token to a session object of `session`. Whatever is wrong with `wrapped` is one and
 * the same failure, so that nobody learns from it how far the padding was right.
 * @throws Failure `token/unwrap-refused`
 */
export function unwrapAesKey(
  login: Login,
  session: Handle,
  mechanism: pkcs11.Mechanism,
  unwrapKey: Handle,
  wrapped: Uint8Array,
  template: KeyTemplate,
): Promise<Handle> {
  return unwrap(login, session, mechanism, unwrapKey, wrapped, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_AES },
    // no CKA_VALUE_LEN: SoftHSM refuses it here
    ...toAttributes(template, login.cryptoki.quirks),
  ]);
}

/** Unwraps an RSA private key (PKCS#8 inside) inside the token to a token object. @throws Failure `token/unwrap-refused` */
export function unwrapRsaKey(
  login: Login,
  session: Handle,
  mechanism: pkcs11.Mechanism,
  unwrapKey: Handle,
  wrapped: Uint8Array,
  template: KeyTemplate,
  label: string,
): Promise<Handle> {
  return unwrap(login, session, mechanism, unwrapKey, wrapped, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_RSA },
    ...toAttributes(template, login.cryptoki.quirks, [{ type: pkcs11.CKA_LABEL, value: label }]),
  ]);
}

async function unwrap(
  login: Login,
  session: Handle,
  mechanism: pkcs11.Mechanism,
  unwrapKey: Handle,
  wrapped: Uint8Array,
  template: pkcs11.Template,
): Promise<Handle> {
  const { api } = login.cryptoki;
  try {
    // AES takes microseconds: licensing unwraps thousands a second, and going beside the event loop costs more than that
    if (mechanism.mechanism !== pkcs11.CKM_RSA_PKCS_OAEP) {
      return api.C_UnwrapKey(session, mechanism, unwrapKey, bufferOf(wrapped), template);
    }
    return await unwrapBeside(login, session, unwrapKey, wrapped, template);
  } catch (error) {
    throw new Failure('token/unwrap-refused', {}, error);
  }
}

/** RSA takes milliseconds. C_UnwrapKeyAsync of pkcs11js 2.1.7 never frees the template, 1.6 kB each. */
async function unwrapBeside(
  login: Login,
  session: Handle,
  unwrapKey: Handle,
  wrapped: Uint8Array,
  template: pkcs11.Template,
): Promise<Handle> {
  const key = Buffer.from(new ArrayBuffer(8));
  const result = await login.cryptoki.native.unwrapKey(
    handleNumber(session),
    encodeOaep(oaep.mechanism, oaep.parameter as pkcs11.RsaOAEP),
    handleNumber(unwrapKey),
    bufferOf(wrapped),
    wrapped.length,
    encodeTemplate(template),
    template.length,
    key,
  );
  if (result !== pkcs11.CKR_OK) throw new Error(nameOfReturnValue(result));
  return key;
}
