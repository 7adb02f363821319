import koffi from 'koffi';

/**
 * Calls which pkcs11js makes only with a JavaScript string (PINs: a string cannot be wiped), not at all (reading nested
 * templates) or at the price of memory that it never frees (unwrapping beside the event loop). Each answers the CKR number;
 * memory that is passed must be an ArrayBuffer's.
 */
export interface NativeCalls {
  initToken(slot: bigint, soPin: Uint8Array, soPinLength: number, paddedLabel: Uint8Array): number;
  initPin(session: bigint, pin: Uint8Array, pinLength: number): number;
  login(session: bigint, user: number, pin: Uint8Array, pinLength: number): number;
  getAttributeValue(session: bigint, object: bigint, attributes: Uint8Array, count: number): number;
  /** Runs beside the event loop. `mechanism` is a CK_MECHANISM, `template` an array of CK_ATTRIBUTE; `key` takes a handle. */
  unwrapKey(
    session: bigint,
    mechanism: Uint8Array,
    unwrappingKey: bigint,
    wrapped: Uint8Array,
    wrappedLength: number,
    template: Uint8Array,
    count: number,
    key: Uint8Array,
  ): Promise<number>;
}

const ulong = 'unsigned long';
const bytes = 'void *';
const initToken = koffi.proto(ulong, [ulong, bytes, ulong, bytes]);
const initPin = koffi.proto(ulong, [ulong, bytes, ulong]);
const login = koffi.proto(ulong, [ulong, ulong, bytes, ulong]);
const getAttributeValue = koffi.proto(ulong, [ulong, ulong, bytes, ulong]);
const unwrapKey = koffi.proto(ulong, [ulong, bytes, ulong, bytes, ulong, bytes, ulong, bytes]);

/** Where a function stands in CK_FUNCTION_LIST, counted in pointers after the version (PKCS#11 v2.40, pkcs11f.h). */
const place = { initToken: 10, initPin: 11, login: 19, getAttributeValue: 25, unwrapKey: 62 } as const;

/** What koffi makes of a function's address: callable, and beside the event loop by `async`. */
interface Beside {
  async(
    ...args: readonly [...Parameters<NativeCalls['unwrapKey']>, (error: Error | null, result: number) => void]
  ): void;
}

/** The native calls of the module in this file; NSS exports its list of functions and nothing else. */
export function nativeCalls(path: string): NativeCalls {
  const address = functionList(path);
  const call = <F>(name: keyof typeof place, prototype: ReturnType<typeof koffi.proto>): F =>
    koffi.decode(koffi.decode(address, 8 * place[name], 'uint64') as bigint, prototype) as F;
  const unwrapping = call<Beside>('unwrapKey', unwrapKey);
  return {
    initToken: call('initToken', initToken),
    initPin: call('initPin', initPin),
    login: call('login', login),
    getAttributeValue: call('getAttributeValue', getAttributeValue),
    unwrapKey: (...args) =>
      new Promise((resolve, reject) => {
        // the closure keeps the memory until the call has ended
        unwrapping.async(...args, (error, result) => {
          if (error === null) resolve(result);
          else reject(error);
        });
      }),
  };
}

function functionList(path: string): bigint {
  const list = koffi.load(path).func('C_GetFunctionList', ulong, [bytes]);
  const out = Buffer.from(new ArrayBuffer(8));
  const result = list(out) as number;
  if (result !== 0) throw new Error(`C_GetFunctionList answered ${result}`);
  return out.readBigUInt64LE();
}
