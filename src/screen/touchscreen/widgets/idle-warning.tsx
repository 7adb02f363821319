import { Icon } from '../../parts/icon.tsx';
import { useScreen } from '../screen-context.ts';
import { idleWarningMs } from '../state/idle.ts';
import { Dialog } from './dialog.tsx';

/** Asks whether someone is still there, long enough before the screen goes back to its beginning. */
export function IdleWarning() {
  const { state, send, text } = useScreen();
  const left = idleWarningMs(state);
  if (left === null) return null;
  const seconds = Math.ceil(left / 1000);
  const unpaid = state.order?.state === 'payment';
  return (
    <Dialog title={text('idle.title')} testId="idle-warning">
      <p class="dialog__text">{text(unpaid ? 'idle.text_order' : 'idle.text', { seconds })}</p>
      <button
        type="button"
        class="button button--main"
        data-testid="stay"
        autofocus
        onClick={() => send({ type: 'touched' })}
      >
        <Icon name="hand" />
        {text('idle.stay')}
      </button>
    </Dialog>
  );
}
