import { Failure } from '#shared/failure.ts';
import { asking, type Cryptoki, type Handle } from './cryptoki.ts';

/** A token and the slot in which it sits. */
export interface TokenCard {
  readonly slot: Handle;
  readonly label: string;
  readonly serial: string;
}

/** Every token that the module shows, initialised or not. */
export function listCards(cryptoki: Cryptoki): TokenCard[] {
  return asking('list tokens', () => cryptoki.api.C_GetSlotList(true).map((slot) => readCard(cryptoki, slot)));
}

function readCard(cryptoki: Cryptoki, slot: Handle): TokenCard {
  const info = cryptoki.api.C_GetTokenInfo(slot);
  return { slot, label: trimmed(info.label), serial: trimmed(info.serialNumber) };
}

/** Whether this very token still sits in its slot. */
export function isPresent(cryptoki: Cryptoki, card: TokenCard): boolean {
  try {
    const now = readCard(cryptoki, card.slot);
    return now.label === card.label && now.serial === card.serial;
  } catch {
    // SoftHSM answers CKR_GENERAL_ERROR, others CKR_TOKEN_NOT_PRESENT or CKR_DEVICE_REMOVED
    return false;
  }
}

/**
 * The one token of this label.
 * @throws Failure `token/missing` {label} when there is none, or more than one
 */
export function findCard(cryptoki: Cryptoki, label: string): TokenCard {
  const [card, ...others] = listCards(cryptoki).filter((candidate) => candidate.label === label);
  if (card === undefined) throw new Failure('token/missing', { label });
  if (others.length > 0) throw new Failure('token/missing', { label, reason: 'more than one has this label' });
  return card;
}

// SoftHSM fills the fields of a token that was never initialised with NUL or blanks
function trimmed(padded: string): string {
  return padded.replaceAll('\0', '').trim();
}
