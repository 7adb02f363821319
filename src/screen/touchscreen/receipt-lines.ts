import type { DrinkView, ReceiptView } from '#wire/screen-api.ts';
import type { TextKey } from '../texts/texts.ts';
import type { Screen } from './screen-context.ts';

type ReceiptKey = Extract<TextKey, `receipt.${string}`> extends `receipt.${infer K}` ? K : never;

/** One line of a receipt. */
export interface ReceiptLine {
  readonly key: ReceiptKey;
  readonly label: string;
  readonly value: string;
  /** A share of the price stands indented below it; ids are set small. */
  readonly kind: 'plain' | 'sum' | 'share' | 'id';
}

type Words = Pick<Screen, 'text' | 'local' | 'sat' | 'ml' | 'time'>;

/** What a receipt says, in the order in which it is read. The three shares add up to the price. */
export function receiptLines(
  words: Words,
  receipt: ReceiptView,
  machine: string,
  drink: DrinkView | null,
): readonly ReceiptLine[] {
  const { text, local, sat, ml, time } = words;
  const line = (key: ReceiptKey, value: string, kind: ReceiptLine['kind'] = 'plain'): ReceiptLine => ({
    key,
    label: text(`receipt.${key}`),
    value,
    kind,
  });
  const { licensor_sat, marketplace_sat } = receipt.split;
  const delivered = { delivered: ml(receipt.delivered_ul), ordered: ml(receipt.ordered_ul) };
  return [
    line('number', String(receipt.number)),
    line('time', time(receipt.at_ms)),
    line('machine', machine),
    line('drink', drink === null ? receipt.drink : local(drink.name)),
    ...(drink === null ? [] : [line('version', text('receipt.version_value', { version: drink.version }))]),
    line('delivered', text('receipt.delivered_value', delivered)),
    line('price', sat(receipt.price_sat), 'sum'),
    line('share_machine', sat(receipt.price_sat - licensor_sat - marketplace_sat), 'share'),
    line('share_licensor', sat(licensor_sat), 'share'),
    line('share_marketplace', sat(marketplace_sat), 'share'),
    line('licence', receipt.licence, 'id'),
    receipt.txid === null ? line('txid', text('receipt.no_txid')) : line('txid', receipt.txid, 'id'),
  ];
}

/** The receipt as plain text, for taking along by QR code. */
export function receiptText({ text }: Pick<Screen, 'text'>, lines: readonly ReceiptLine[]): string {
  return [text('receipt.heading'), ...lines.map(({ label, value }) => `${label}: ${value}`)].join('\n');
}
