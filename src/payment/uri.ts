import { type Satoshi, satoshi } from '#shared/units.ts';

/** A request to pay, as a wallet reads it from a QR code. */
export interface PaymentRequest {
  readonly address: string;
  readonly amount: Satoshi;
  /** Who asks; shown by the wallet. */
  readonly label: string;
  /** What for; shown by the wallet. */
  readonly message?: string;
}

/** `bitcoin:<address>?amount=0.00012345&label=…` (BIP321, readable by wallets that know BIP21 only). */
export function paymentUri(request: PaymentRequest): string {
  const message = request.message === undefined ? '' : `&message=${encodeURIComponent(request.message)}`;
  const label = encodeURIComponent(request.label);
  return `bitcoin:${request.address}?amount=${bitcoinAmount(request.amount)}&label=${label}${message}`;
}

/** Whole bitcoins with up to eight decimals, no exponent, no trailing zeros. */
export function bitcoinAmount(amount: Satoshi): string {
  const whole = amount / 100_000_000n;
  const rest = (amount % 100_000_000n).toString().padStart(8, '0').replace(/0+$/, '');
  return rest === '' ? `${whole}` : `${whole}.${rest}`;
}

/** Address and amount of a payment URI; null when it is none, lacks an amount, or demands what we do not know (`req-…`). */
export function readPaymentUri(text: string): PaymentRequest | null {
  const parts = /^bitcoin:(?<address>[a-z0-9]{14,100})\?(?<query>[\x21-\x7e]{1,1000})$/i.exec(text)?.groups;
  if (parts?.address === undefined) return null;
  const query = new URLSearchParams(parts.query);
  if ([...query.keys()].some((key) => key.toLowerCase().startsWith('req-'))) return null;
  const amount = readAmount(query.get('amount') ?? '');
  if (amount === null) return null;
  const message = query.get('message');
  const request = { address: parts.address, amount, label: query.get('label') ?? '' };
  return message === null ? request : { ...request, message };
}

function readAmount(text: string): Satoshi | null {
  const parts = /^(\d{1,8})(?:\.(\d{1,8}))?$/.exec(text);
  if (parts === null) return null;
  return satoshi(BigInt(parts[1] ?? '0') * 100_000_000n + BigInt((parts[2] ?? '').padEnd(8, '0')));
}
