import { useState } from 'preact/hooks';
import { Icon } from '../../parts/icon.tsx';
import { useScreen } from '../screen-context.ts';
import { ProblemNote } from './problem-note.tsx';

const keys = '1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ-'.split('');
const longest = 40;

/** A voucher by touch, by keyboard, or by a scanner that types. */
export function VoucherPad() {
  const { state, send, newId, text } = useScreen();
  const [code, setCode] = useState('');
  const type = (typed: string) => setCode(cleaned(typed));
  const redeem = () => send({ type: 'voucher-entered', id: newId(), voucher: code });
  return (
    <form
      class="voucher"
      data-testid="voucher-pad"
      onSubmit={(event) => {
        event.preventDefault();
        if (code !== '') redeem();
      }}
    >
      <h1 class="page__title">{text('voucher.title')}</h1>

      <input
        class="voucher__code"
        aria-label={text('voucher.code')}
        data-testid="voucher-code"
        value={code}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        inputMode="none"
        onInput={(event) => type(event.currentTarget.value)}
      />
      {state.refusal !== null && <ProblemNote problem={state.refusal} />}
      <Keys press={(key) => type(code + key)} remove={() => type(code.slice(0, -1))} />
      <div class="voucher__actions">
        <button
          type="button"
          class="button button--quiet"
          data-testid="close-voucher"
          onClick={() => send({ type: 'panel', panel: 'none' })}
        >
          <Icon name="arrow-left" />
          {text('voucher.close')}
        </button>
        <button
          type="submit"
          class="button button--main"
          data-testid="redeem"
          disabled={code === '' || state.asked === 'place'}
        >
          <Icon name="ticket" />
          {text('voucher.redeem')}
        </button>
      </div>
    </form>
  );
}

function Keys({ press, remove }: { readonly press: (key: string) => void; readonly remove: () => void }) {
  const { text } = useScreen();
  return (
    <div class="keys">
      {keys.map((key) => (
        <button key={key} type="button" class="keys__key" data-testid={`key-${key}`} onClick={() => press(key)}>
          {key}
        </button>
      ))}
      <button type="button" class="keys__key keys__key--delete" aria-label={text('voucher.delete')} onClick={remove}>
        <Icon name="remove" />
      </button>
    </div>
  );
}

function cleaned(typed: string): string {
  return typed
    .toUpperCase()
    .replace(/[^A-Z0-9-]/g, '')
    .slice(0, longest);
}
