import pkcs11 from 'pkcs11js';
import type { KeyProfile, TokenClass } from './token.ts';

/** Where one PKCS#11 module differs from the others; found by trying (`decant token report`), not by its manual. */
export interface ModuleQuirks {
  readonly name: string;
  /** Found in `manufacturerID` and `libraryDescription` of C_GetInfo, each trimmed, with one blank between. */
  readonly info: RegExp;
  /** Its file, where C_Initialize wants parameters: before that a module says nothing of itself. */
  readonly parametersFor: RegExp | null;
  readonly tokenClass: TokenClass;
  /** `S` where the module has no AES-GCM or cannot unwrap. */
  readonly profile: KeyProfile;
  /** Why no key may be trusted to the module; null for one that may be used. */
  readonly refused: string | null;
  /** AES key wrap with padding (RFC 5649): two numbers are in use for it. */
  readonly keyWrapPadded: number;
  /** Whether CKA_UNWRAP_TEMPLATE is accepted and enforced. */
  readonly unwrapTemplate: boolean;
  /** Whether CKA_ALLOWED_MECHANISMS is accepted and enforced. */
  readonly allowedMechanisms: boolean;
  /** Attributes that the module does not know: neither sent nor expected. */
  readonly unknownAttributes: readonly number[];
  /** Whether the public half of a new pair is told its uses; they mirror those of the private half. */
  readonly publicUses: boolean;
  /** Whether a key pair may be a pair of session objects. */
  readonly sessionKeyPairs: boolean;
  /** Whether the public half of an RSA pair may be a session object; else it lies beside the private one. */
  readonly rsaPublicInSession: boolean;
  /** Whether it works within this process, so that opening a short piece takes less time than handing it to a thread. */
  readonly inProcess: boolean;
  /** Whether CKA_LOCAL and its like tell a key that was made in the token from one that was brought in. */
  readonly tellsOrigin: boolean;
  /** Whether token objects are files of their own, whose absence proves a destruction. */
  readonly objectFiles: boolean;
}

const CKM_AES_KEY_WRAP_KWP = 0x210b;

/** A module that nobody has tried is held to the letter of PKCS#11 v2.40 and called `soft` until someone has. */
const untried: Omit<ModuleQuirks, 'name' | 'info'> = {
  parametersFor: null,
  tokenClass: 'soft',
  profile: 'H',
  refused: null,
  keyWrapPadded: pkcs11.CKM_AES_KEY_WRAP_PAD,
  unwrapTemplate: true,
  allowedMechanisms: true,
  unknownAttributes: [],
  publicUses: true,
  sessionKeyPairs: true,
  rsaPublicInSession: true,
  inProcess: false,
  tellsOrigin: true,
  objectFiles: false,
};

const known: readonly ModuleQuirks[] = [
  { ...untried, name: 'SoftHSM 2.6.1', info: /^SoftHSM/, inProcess: true, objectFiles: true },
  {
    ...untried,
    name: 'NSS softokn 3.87',
    info: /^Mozilla/,
    inProcess: true,
    tellsOrigin: false,
    parametersFor: /(^|\/)libsoftokn3\.so[^/]*$/,
    keyWrapPadded: CKM_AES_KEY_WRAP_KWP,
    unwrapTemplate: false,
    allowedMechanisms: false,
    unknownAttributes: [pkcs11.CKA_COPYABLE],
  },
  {
    ...untried,
    name: 'tpm2-pkcs11 1.9',
    info: /^tpm2-software/,
    tokenClass: 'tpm',
    profile: 'S',
    keyWrapPadded: CKM_AES_KEY_WRAP_KWP,
    unwrapTemplate: false,
    publicUses: false,
    sessionKeyPairs: false,
    rsaPublicInSession: false,
  },
  {
    ...untried,
    name: 'opencryptoki 3.8',
    info: /^IBM Meta PKCS11/,
    refused: 'unwrapped keys can be read',
    profile: 'S',
    unwrapTemplate: false,
    allowedMechanisms: false,
    unknownAttributes: [pkcs11.CKA_COPYABLE],
  },
];

/** What C_GetInfo says of a module. */
export interface ModuleInfo {
  readonly manufacturerID: string;
  readonly libraryDescription: string;
}

/** The row of the module that says this of itself; a module without row gets that of the standard, under its own name. */
export function quirksOf(info: ModuleInfo): ModuleQuirks {
  const [maker, library] = [info.manufacturerID, info.libraryDescription].map((text) =>
    text.replaceAll('\0', '').trim(),
  );
  const said = `${maker} ${library}`;
  return known.find((quirks) => quirks.info.test(said)) ?? { ...untried, name: said.trim(), info: /^/ };
}

/** Whether C_Initialize of the module in this file wants parameters (NSS: where its database lies). */
export function wantsParameters(path: string): boolean {
  return known.some(({ parametersFor }) => parametersFor?.test(path));
}

/** Whether somebody has tried this module: else its row is a guess. */
export function isTried(quirks: ModuleQuirks): boolean {
  return known.includes(quirks);
}
