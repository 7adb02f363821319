import { languageNames, languages } from '#wire/sentences/language.ts';
import { Icon } from '../../parts/icon.tsx';
import { useScreen } from '../screen-context.ts';
import type { Page } from '../state/page-of.ts';

/** Above every page: the way back while choosing, the order number from then on, and the languages by their own names. */
export function TopBar({ page }: { readonly page: Page }) {
  const { state, send, text } = useScreen();
  const order = state.order ?? null;
  const canGoBack = page.name === 'drink' || page.name === 'why-not';
  return (
    <header class="top-bar">
      <div class="top-bar__start">
        {canGoBack && (
          <button type="button" class="button button--quiet" data-testid="back" onClick={() => send({ type: 'back' })}>
            <Icon name="arrow-left" />
            <span>{text('bar.back')}</span>
          </button>
        )}
        {order !== null && (
          <span class="top-bar__order" data-testid="order-number" data-number={order.number}>
            {text('bar.order', { number: order.number })}
          </span>
        )}
        {!canGoBack && order === null && <span class="top-bar__machine">{state.menu?.machine.name ?? ''}</span>}
      </div>
      <fieldset class="languages" aria-label={text('bar.language')}>
        {languages.map((language) => (
          <button
            key={language}
            type="button"
            lang={language}
            class="languages__choice"
            data-testid={`language-${language}`}
            aria-pressed={language === state.language}
            onClick={() => send({ type: 'language', language })}
          >
            {languageNames[language]}
          </button>
        ))}
      </fieldset>
    </header>
  );
}
