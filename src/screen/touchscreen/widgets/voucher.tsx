import type { OrderView } from '#wire/screen-api.ts';
import { QrCode } from '../../parts/qr-code.tsx';
import { useScreen } from '../screen-context.ts';

/** Money given back: the code of a voucher, and the same as a QR code. */
export function Voucher({ refund }: { readonly refund: NonNullable<OrderView['refund']> }) {
  const { text, sat } = useScreen();
  return (
    <figure class="refund" data-testid="refund" data-voucher={refund.voucher}>
      <QrCode text={refund.voucher} label={text('failure.voucher_qr')} testId="refund-qr" />
      <figcaption>
        <span class="label">{text('failure.voucher')}</span>
        <strong class="refund__code">{refund.voucher}</strong>
        <span class="price">{sat(refund.amount_sat)}</span>
      </figcaption>
    </figure>
  );
}
