import type { MenuView } from '#wire/screen-api.ts';
import { Glass } from '../../parts/glass.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useScreen } from '../screen-context.ts';

const eachMs = 7_000;

/** Shown while nobody is there: one drink after the other. The first touch only wakes the screen. */
export function AttractPage({ menu }: { readonly menu: MenuView }) {
  const { state, send, text, local } = useScreen();
  const ready = menu.drinks.filter((drink) => drink.why_not.length === 0);
  const drink = ready[Math.floor(state.now / eachMs) % Math.max(1, ready.length)];
  const waiting = state.atMachine ? state.waiting : [];
  return (
    <div class="attract" style={drink === undefined ? {} : { '--accent': drink.accent }}>
      <button type="button" class="attract__wake" data-testid="wake" onClick={() => send({ type: 'woken' })}>
        <span class="attract__glass" key={drink?.slug}>
          <Glass picture={drink?.picture ?? null} percent={100} />
        </span>
        <span class="attract__words">
          <span class="attract__drink" key={drink?.slug}>
            {drink === undefined ? menu.machine.name : local(drink.name)}
          </span>
          <span class="attract__begin">
            <Icon name="hand" />
            {text('attract.begin')}
          </span>
        </span>
      </button>
      {waiting.map((order) => (
        <button
          key={order.id}
          type="button"
          class="button attract__resume"
          data-testid="resume"
          onClick={() => send({ type: 'resumed', id: order.id })}
        >
          <strong>
            {text(order.refund === null ? 'attract.resume' : 'attract.voucher', { number: order.number })}
          </strong>
          {order.refund === null && <span>{text('attract.resume_hint')}</span>}
        </button>
      ))}
    </div>
  );
}
