import pkcs11 from 'pkcs11js';
import { Failure } from '#shared/failure.ts';
import { asking, type Cryptoki, handleNumber, loadCryptoki, nameOfReturnValue } from './cryptoki.ts';
import { listCards, type TokenCard } from './token-card.ts';

export interface TokenToInit {
  readonly module: string;
  /** At most 32 bytes of UTF-8. */
  readonly label: string;
  /** 4 to 255 bytes of UTF-8 each (SoftHSM); the caller wipes them. */
  readonly soPin: Uint8Array;
  readonly pin: Uint8Array;
}

/**
 * Initialises the first free token of the module with a label, an SO-PIN and a PIN.
 * @throws Failure `token/missing` when no token is free, `token/failed` when the label is taken or a PIN refused
 */
export async function initToken(token: TokenToInit): Promise<TokenCard> {
  const cryptoki = loadCryptoki(token.module);
  const cards = listCards(cryptoki);
  if (cards.some((card) => card.label === token.label)) {
    throw new Failure('token/failed', { operation: 'init token', reason: 'label is taken', label: token.label });
  }
  // SoftHSM always shows one more slot, with a token that was never initialised
  const free = cards.find((card) => !hasFlag(cryptoki, card, pkcs11.CKF_TOKEN_INITIALIZED));
  if (free === undefined) throw new Failure('token/missing', { label: token.label, reason: 'no free token' });
  refuseUnlessOk(
    'init token',
    cryptoki.native.initToken(handleNumber(free.slot), token.soPin, token.soPin.length, paddedLabel(token.label)),
  );
  setPin(cryptoki, free, token);
  return listCards(cryptoki).find((card) => card.label === token.label) ?? free;
}

/**
 * The same for a token that may be there already: one whose initialising was cut off before it had a PIN gets it now, a whole
 * one is left alone. `soPin` is asked for only when it is needed; what it answers is wiped here.
 * @throws Failure as `initToken`
 */
export async function ensureToken(
  token: Omit<TokenToInit, 'soPin'> & { readonly soPin: () => Promise<Uint8Array> },
): Promise<void> {
  const cryptoki = loadCryptoki(token.module);
  const card = listCards(cryptoki).find(({ label }) => label === token.label);
  if (card !== undefined && hasFlag(cryptoki, card, pkcs11.CKF_USER_PIN_INITIALIZED)) return;
  const soPin = await token.soPin();
  try {
    if (card === undefined) await initToken({ ...token, soPin });
    else setPin(cryptoki, card, { ...token, soPin });
  } finally {
    soPin.fill(0);
  }
}

function setPin(cryptoki: Cryptoki, card: TokenCard, token: TokenToInit): void {
  const { api, native } = cryptoki;
  const session = asking('open session', () =>
    api.C_OpenSession(card.slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION),
  );
  try {
    const number = handleNumber(session);
    refuseUnlessOk('log in as SO', native.login(number, pkcs11.CKU_SO, token.soPin, token.soPin.length));
    refuseUnlessOk('set PIN', native.initPin(number, token.pin, token.pin.length));
    asking('log out', () => api.C_Logout(session));
  } finally {
    asking('close session', () => api.C_CloseSession(session));
  }
}

function hasFlag(cryptoki: Cryptoki, card: TokenCard, flag: number): boolean {
  const { flags } = asking('token info', () => cryptoki.api.C_GetTokenInfo(card.slot));
  return (flags & flag) !== 0;
}

function paddedLabel(label: string): Uint8Array {
  const padded = Buffer.alloc(32, ' ');
  const bytes = Buffer.from(label);
  if (bytes.length === 0 || bytes.length > 32)
    throw new Failure('token/failed', { operation: 'init token', reason: 'label' });
  padded.set(bytes);
  return padded;
}

function refuseUnlessOk(operation: string, result: number): void {
  if (result !== pkcs11.CKR_OK) throw new Failure('token/failed', { operation, reason: nameOfReturnValue(result) });
}
