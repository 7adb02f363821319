import pkcs11 from 'pkcs11js';
import type { KeyProfile, TokenClass } from './token.ts';

/** Where one PKCS#11 module differs from the others; found by trying, not by its manual. */
export interface ModuleQuirks {
  readonly name: string;
  /** Found in `manufacturerID` of C_GetInfo. */
  readonly manufacturer: RegExp;
  readonly tokenClass: TokenClass;
  /** `S` where the module has no AES-GCM or cannot unwrap. */
  readonly profile: KeyProfile;
  /** AES key wrap with padding (RFC 5649): two numbers are in use for it. */
  readonly keyWrapPadded: number;
  /** Whether CKA_UNWRAP_TEMPLATE is accepted and enforced. */
  readonly unwrapTemplate: boolean;
  /** Whether CKA_ALLOWED_MECHANISMS is accepted and enforced. */
  readonly allowedMechanisms: boolean;
  /** Whether token objects are files of their own, whose absence proves a destruction. */
  readonly objectFiles: boolean;
}

const CKM_AES_KEY_WRAP_KWP = 0x210b;

const known: readonly ModuleQuirks[] = [
  {
    name: 'SoftHSM 2.6.1',
    manufacturer: /^SoftHSM/,
    tokenClass: 'soft',
    profile: 'H',
    keyWrapPadded: pkcs11.CKM_AES_KEY_WRAP_PAD,
    unwrapTemplate: true,
    allowedMechanisms: true,
    objectFiles: true,
  },
  {
    name: 'NSS softokn 3.87',
    manufacturer: /^Mozilla/,
    tokenClass: 'soft',
    profile: 'H',
    keyWrapPadded: CKM_AES_KEY_WRAP_KWP,
    unwrapTemplate: false,
    allowedMechanisms: false,
    objectFiles: false,
  },
  {
    name: 'tpm2-pkcs11 1.9',
    manufacturer: /^tpm2-software/,
    tokenClass: 'tpm',
    profile: 'S',
    keyWrapPadded: CKM_AES_KEY_WRAP_KWP,
    unwrapTemplate: false,
    allowedMechanisms: false,
    objectFiles: false,
  },
];

/** A module that nobody has tried is held to the letter of PKCS#11 v2.40 and called `soft` until someone has. */
const untried: Omit<ModuleQuirks, 'name' | 'manufacturer'> = {
  tokenClass: 'soft',
  profile: 'H',
  keyWrapPadded: pkcs11.CKM_AES_KEY_WRAP_PAD,
  unwrapTemplate: true,
  allowedMechanisms: true,
  objectFiles: false,
};

/** The quirks of the module whose C_GetInfo names this manufacturer. */
export function quirksOf(manufacturer: string): ModuleQuirks {
  const name = manufacturer.trim();
  return known.find((quirks) => quirks.manufacturer.test(name)) ?? { ...untried, name, manufacturer: /^/ };
}
