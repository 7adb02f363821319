import { existsSync } from 'node:fs';
import pkcs11 from 'pkcs11js';
import { Failure } from '#shared/failure.ts';
import { type ModuleQuirks, quirksOf, wantsParameters } from './module-quirks.ts';
import { type NativeCalls, nativeCalls } from './native-calls.ts';

/** A handle of a slot, a session or an object: a CK_ULONG in memory. */
export type Handle = pkcs11.Handle;

/** One PKCS#11 module, loaded and initialised once in this process. */
export interface Cryptoki {
  readonly path: string;
  readonly api: pkcs11.PKCS11;
  readonly native: NativeCalls;
  readonly quirks: ModuleQuirks;
}

const usualPaths = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/arm-linux-gnueabihf/softhsm/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
];

const loaded = new Map<string, Cryptoki>();

/**
 * The module to use: `configured` (the variable DECANT_PKCS11_MODULE, say) or the first of the usual places.
 * @throws Failure `token/missing` {module}
 */
export function findModule(configured?: string, exists: (path: string) => boolean = existsSync): string {
  const candidates = configured ? [configured] : usualPaths;
  const found = candidates.find(exists);
  if (found === undefined) throw new Failure('token/missing', { module: configured ?? 'libsofthsm2.so' });
  return found;
}

/**
 * Loads and initialises a module, or answers the one already loaded: Cryptoki is one per process. SoftHSM reads
 * SOFTHSM2_CONF from the environment here and never again; NSS is told by DECANT_PKCS11_PARAMETERS where its database lies.
 * @throws Failure `token/missing` {module, reason}
 */
export function loadCryptoki(path: string): Cryptoki {
  const known = loaded.get(path);
  if (known) return known;
  const api = new pkcs11.PKCS11();
  try {
    api.load(path);
    initialise(api, path);
    const cryptoki = { path, api, native: nativeCalls(path), quirks: quirksOf(api.C_GetInfo()) };
    loaded.set(path, cryptoki);
    return cryptoki;
  } catch (error) {
    throw new Failure('token/missing', { module: path, reason: reasonOf(error) }, error);
  }
}

/**
 * Ends everything that this process has to do with the module (sessions, log-ins, handles) and begins anew.
 * @throws Failure `token/failed`
 */
export function initialiseAgain({ api, path }: Cryptoki): void {
  asking('initialise again', () => {
    api.C_Finalize();
    initialise(api, path);
  });
}

function initialise(api: pkcs11.PKCS11, path: string): void {
  try {
    // without CKF_OS_LOCKING_OK SoftHSM has no mutexes, and concurrent calls end in a segmentation fault
    api.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK, ...parametersOf(path) });
  } catch (error) {
    if (reasonOf(error) !== 'CKR_CRYPTOKI_ALREADY_INITIALIZED') throw error;
  }
}

function parametersOf(path: string): { libraryParameters?: string } {
  if (!wantsParameters(path)) return {};
  const parameters = process.env['DECANT_PKCS11_PARAMETERS'] ?? '';
  if (parameters === '') throw new Error('DECANT_PKCS11_PARAMETERS is not set');
  // pkcs11js 2.1.7 cuts the last character off
  return { libraryParameters: `${parameters} ` };
}

/** `CKR_…` of an error that pkcs11js threw; its message otherwise. */
export function reasonOf(error: unknown): string {
  const value = returnValueOf(error);
  if (value !== null) return nameOfReturnValue(value);
  return error instanceof Error ? error.message : String(error);
}

/** pkcs11js throws its own class from most calls and a plain Error `CKR_…:number` from the others. */
function returnValueOf(error: unknown): number | null {
  if (error instanceof pkcs11.Pkcs11Error) return error.code;
  const found = error instanceof Error ? /^CKR_\w+:(\d+)/.exec(error.message) : null;
  return found === null ? null : Number(found[1]);
}

/** `CKR_…` of a return value. */
export function nameOfReturnValue(value: number): string {
  const entry = Object.entries(pkcs11).find(([name, number]) => name.startsWith('CKR_') && number === value);
  return entry?.[0] ?? laterReturnValues[value] ?? `CKR_0x${value.toString(16)}`;
}

/** Of PKCS#11 v2.40, which pkcs11js does not name. */
const laterReturnValues: Readonly<Record<number, string>> = {
  27: 'CKR_ACTION_PROHIBITED',
  185: 'CKR_CURVE_NOT_SUPPORTED',
};

/** Runs `task`; what the module refuses becomes the failure `token/failed` {operation, reason}. */
export function asking<T>(operation: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw refusal(operation, error);
  }
}

/** As `asking`, for calls that run beside the event loop. */
export async function awaiting<T>(operation: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw refusal(operation, error);
  }
}

function refusal(operation: string, error: unknown): unknown {
  if (returnValueOf(error) === null) return error;
  return new Failure('token/failed', { operation, reason: reasonOf(error) }, error);
}

/** The number in a handle. */
export function handleNumber(handle: Handle): bigint {
  return handle.readBigUInt64LE();
}

/** The same bytes as a Buffer, not copied. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
