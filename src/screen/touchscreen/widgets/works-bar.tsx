import { Icon } from '../../parts/icon.tsx';
import type { TextKey } from '../../texts/texts.ts';
import { useScreen } from '../screen-context.ts';
import type { ScreenState } from '../state/screen-state.ts';

/** One bar that says what works now: paying, licensing, pouring. Absent while all of it does. */
export function WorksBar() {
  const { state, text } = useScreen();
  const trouble = troubleOf(state);
  if (trouble === null || state.menu === null) return null;
  const { works } = state.menu;
  const { connected } = state;
  return (
    <div class="works-bar" role="status" data-testid="works-bar" data-trouble={trouble}>
      <Icon name="offline" />
      <p class="works-bar__text">{text(trouble)}</p>
      <ul class="works-bar__marks" aria-label={text('works.now')}>
        <Mark label="works.paid" works={connected && works.payment} />
        <Mark label="works.licensed" works={connected && works.marketplace} />
        <Mark label="works.poured" works={connected && works.cell && !works.quarantined} />
      </ul>
    </div>
  );
}

function Mark({ label, works }: { readonly label: TextKey; readonly works: boolean }) {
  const { text } = useScreen();
  return (
    <li class={`works-bar__mark works-bar__mark--${works ? 'yes' : 'no'}`}>
      <Icon name={works ? 'check' : 'cross'} />
      {text(label)}
      <span class="spoken">: {text(works ? 'works.yes' : 'works.no')}</span>
    </li>
  );
}

/** The most important thing that does not work, as the key of its text. */
export function troubleOf({ connected, menu }: ScreenState): TextKey | null {
  if (!connected) return 'works.link';
  if (menu === null) return null;
  if (menu.works.quarantined) return 'works.quarantined';
  if (!menu.works.cell) return 'works.cell';
  if (!menu.works.payment) return 'works.payment';
  return menu.works.marketplace ? null : 'works.marketplace';
}
