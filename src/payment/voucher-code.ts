import { crypto } from 'bitcoinjs-lib';
import { type Entropy, hex } from '#shared/entropy.ts';

/** Crockford's base32: no I, L, O and U; the last five are for the check character only. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const checkDigits = `${digits}*~$=U`;

/** A fresh code of 80 random bits and a check character, as `XXXX-XXXX-XXXX-XXXX-C` (crockford.com/base32.html). */
export function newVoucherCode(entropy: Entropy): string {
  let value = 0n;
  for (const byte of entropy.bytes(10)) value = (value << 8n) | BigInt(byte);
  let symbols = '';
  for (let shift = 75n; shift >= 0n; shift -= 5n) symbols += digits.charAt(Number((value >> shift) & 31n));
  return `${symbols.replace(/(.{4})/g, '$1-')}${checkDigits.charAt(Number(value % 37n))}`;
}

/**
 * The sixteen symbols of a code as a person typed it: case, hyphens, blanks and the look-alikes I, L, O are forgiven.
 * Null when the length, a symbol or the check character is wrong.
 */
export function readVoucherCode(typed: string): string | null {
  const plain = typed.toUpperCase().replace(/[-\s]/g, '');
  const body = plain.slice(0, 16).replace(/O/g, '0').replace(/[IL]/g, '1');
  if (plain.length !== 17) return null;
  let value = 0n;
  for (const symbol of body) {
    const digit = digits.indexOf(symbol);
    if (digit < 0) return null;
    value = (value << 5n) | BigInt(digit);
  }
  const check = plain.charAt(16).replace('O', '0').replace(/[IL]/, '1');
  return checkDigits.charAt(Number(value % 37n)) === check ? body : null;
}

/** What is stored of a code: SHA-256 over its symbols. 80 random bits need no salt. */
export function voucherDigest(symbols: string): string {
  return hex(crypto.sha256(new TextEncoder().encode(`decant voucher ${symbols}`)));
}
