import type { MachineConfigSource } from '#wire/machine-config.ts';

/** Invoices that run out after so many seconds, looked at often even then. */
export function hastyInvoices(seconds: number): (config: MachineConfigSource) => void {
  return ({ payment }) => {
    payment.invoice_seconds = seconds;
    payment.grace_seconds = 0;
    payment.poll_ms = 100;
    payment.slow_poll_ms = 100;
  };
}
