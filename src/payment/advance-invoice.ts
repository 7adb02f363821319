import { unreachable } from '#shared/failure.ts';
import { type Instant, instant, milliseconds, satoshi } from '#shared/units.ts';
import type { ChainOutput } from './chain-source.ts';
import type { Invoice, InvoiceEffect, InvoiceEvent, InvoicePayment, Step } from './invoice.ts';
import { invoiceDue, judgeInvoice } from './invoice-verdict.ts';

/** What an invoice becomes by an event, and what is to be done about it. Pure; feeding an event twice changes nothing more. */
export function advance(invoice: Invoice, event: InvoiceEvent): Step {
  const taken = take(invoice, event);
  const { state, released } = judgeInvoice(taken, event.type === 'honoured');
  const next = { ...taken, state, released };
  return { invoice: next, effects: effectsBetween(invoice, next) };
}

function take(invoice: Invoice, event: InvoiceEvent): Invoice {
  switch (event.type) {
    case 'looked':
      return takeLook(invoice, event.at, event.outputs);
    case 'unknown':
      return { ...invoice, unknownSince: invoice.unknownSince ?? event.at };
    case 'closed':
      return invoice.released || event.at >= invoice.expiresAt
        ? invoice
        : { ...invoice, expiresAt: event.at, grace: milliseconds(0) };
    case 'honoured':
      return invoice;
    case 'refunded':
      return { ...invoice, refunded: event.total };
    default:
      return unreachable(event);
  }
}

function takeLook(invoice: Invoice, at: Instant, outputs: readonly ChainOutput[]): Invoice {
  const payments = new Map(invoice.payments.map((payment) => [key(payment), { ...payment, gone: true }]));
  for (const output of outputs) payments.set(key(output), merge(invoice, payments.get(key(output)), output, at));
  const all = [...payments.values()];
  const received = all.reduce((sum, payment) => (payment.gone ? sum : sum + payment.value), 0n);
  return { ...invoice, payments: all, received: satoshi(received), lookedAt: at, unknownSince: null };
}

function merge(invoice: Invoice, known: InvoicePayment | undefined, output: ChainOutput, at: Instant): InvoicePayment {
  const { txid, vout, value, confirmations, blockTime } = output;
  const deadline = instant(invoice.expiresAt + invoice.grace);
  const late = (known?.late ?? at > deadline) && (blockTime === null || blockTime > invoice.expiresAt);
  return {
    txid,
    vout,
    // an output's value cannot change: of two claims the smaller is believed
    value: known !== undefined && known.value < value ? known.value : value,
    firstSeenAt: known?.firstSeenAt ?? at,
    late,
    confirmations,
    wasConfirmed: (known?.wasConfirmed ?? false) || confirmations > 0,
    gone: false,
  };
}

const key = (output: { readonly txid: string; readonly vout: number }): string => `${output.txid}:${output.vout}`;

function effectsBetween(before: Invoice, after: Invoice): InvoiceEffect[] {
  const effects: InvoiceEffect[] = [];
  if (before.state !== after.state) effects.push({ type: 'changed', from: before.state, to: after.state });
  if (!before.released && after.released) effects.push({ type: 'release' });
  if (after.released && after.state === 'invalid' && before.state !== 'invalid') effects.push({ type: 'alarm' });
  const due = invoiceDue(after);
  if (due !== invoiceDue(before)) effects.push({ type: 'owe', amount: due });
  return effects;
}
