import type { DrinkView, MenuView, OrderView } from '#wire/screen-api.ts';
import { Icon } from '../../parts/icon.tsx';
import { QrCode } from '../../parts/qr-code.tsx';
import { addressGroups, formatCountdown } from '../../texts/formats.ts';
import { useScreen } from '../screen-context.ts';
import { CancelDialog } from '../widgets/cancel-dialog.tsx';
import { ProblemNote } from '../widgets/problem-note.tsx';
import { Steps } from '../widgets/steps.tsx';
import { VoucherPad } from '../widgets/voucher-pad.tsx';

interface PayPageProps {
  readonly menu: MenuView;
  readonly order: OrderView;
  readonly drink: DrinkView | null;
}

type Invoice = NonNullable<OrderView['invoice']>;

/** The invoice as a QR code, with what is to be paid and for how long. */
export function PayPage({ menu, order, drink }: PayPageProps) {
  const { state, text, local } = useScreen();
  const { invoice } = order;
  if (state.panel === 'voucher') return <VoucherPad />;
  if (invoice === null) return null;
  return (
    <>
      <Steps now="pay" />
      <div class="pay">
        <div class="pay__qr">
          <QrCode text={invoice.uri} label={text('pay.qr')} testId="payment-qr" />
        </div>
        <div class="pay__words">
          <h1 class="pay__title">{text('pay.title')}</h1>
          {invoice.received_sat === 0 && (
            <p class="pay__hint">{drink === null ? text('pay.hint') : `${local(drink.name)} · ${text('pay.hint')}`}</p>
          )}
          <Sum invoice={invoice} />
          <Address address={invoice.address} />
          {state.refusal !== null && <ProblemNote problem={state.refusal} />}
        </div>
        <PayActions menu={menu} invoice={invoice} />
      </div>
      {state.panel === 'cancel' && <CancelDialog order={order} />}
    </>
  );
}

function Sum({ invoice }: { readonly invoice: Invoice }) {
  const { state, text, sat, btc } = useScreen();
  const rest = Math.max(0, invoice.amount_sat - invoice.received_sat);
  const started = invoice.received_sat > 0;
  return (
    <>
      <div class="sum">
        <div>
          <span class="label">{text(started ? 'pay.rest' : 'pay.amount')}</span>
          <strong class="price" data-testid="amount" data-sat={rest}>
            {sat(rest)}
          </strong>
          <span class="price-btc">{btc(rest)}</span>
        </div>
        <div class="sum__time">
          <span class="label">{text('pay.time_left')}</span>
          <strong class="countdown" role="timer" data-testid="countdown">
            {formatCountdown(invoice.expires_at_ms - state.now)}
          </strong>
        </div>
      </div>
      {started && (
        <p class="pay__underpaid" role="alert" data-testid="underpaid">
          {text('pay.underpaid', { received: sat(invoice.received_sat), rest: sat(rest) })}
        </p>
      )}
    </>
  );
}

function Address({ address }: { readonly address: string }) {
  const { text } = useScreen();
  return (
    <div class="address">
      <span class="label">{text('pay.address')}</span>
      <p class="address__groups" data-testid="address" data-address={address}>
        {addressGroups(address).map((group, index) => (
          <span key={index}>{group}</span>
        ))}
      </p>
    </div>
  );
}

function PayActions({ menu, invoice }: { readonly menu: MenuView; readonly invoice: Invoice }) {
  const { send, text } = useScreen();
  return (
    <div class="pay__actions">
      {menu.demo_wallet !== null && (
        <a
          class="button button--main"
          href={walletLink(menu.demo_wallet, invoice.uri)}
          target="_blank"
          rel="noopener"
          data-testid="demo-wallet"
        >
          <Icon name="wallet" />
          {text('pay.demo')}
        </a>
      )}
      <button
        type="button"
        class="button"
        data-testid="voucher"
        onClick={() => send({ type: 'panel', panel: 'voucher' })}
      >
        <Icon name="ticket" />
        {text('pay.voucher')}
      </button>
      <button
        type="button"
        class="button button--quiet"
        data-testid="cancel"
        onClick={() => send({ type: 'panel', panel: 'cancel' })}
      >
        {text('pay.cancel')}
      </button>
    </div>
  );
}

function walletLink(wallet: string, uri: string): string {
  const link = new URL(wallet, location.href);
  link.searchParams.set('uri', uri);
  return link.href;
}
