import { useEffect } from 'preact/hooks';
import type { MenuView } from '#wire/screen-api.ts';
import { Glass } from '../../parts/glass.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useScreen } from '../screen-context.ts';
import { DrinkTile } from '../widgets/drink-tile.tsx';

const tilesPerPage = 6;

/** The drinks that can be made now, six at a time. */
export function DrinksPage({ menu }: { readonly menu: MenuView }) {
  const { state, send, text } = useScreen();
  const ready = menu.drinks.filter((drink) => drink.why_not.length === 0);
  const missing = menu.drinks.length - ready.length;
  const pages = Math.max(1, Math.ceil(ready.length / tilesPerPage));
  const page = Math.min(state.tilePage, pages - 1);
  useEffect(() => document.querySelector('main')?.scrollTo(0, 0), [page]);
  const shown = ready.slice(page * tilesPerPage, (page + 1) * tilesPerPage);
  return (
    <>
      <h1 class="page__title">{text('drinks.title')}</h1>
      {shown.length === 0 ? (
        <NoDrinks />
      ) : (
        <div class="tiles">
          {shown.map((drink) => (
            <DrinkTile key={drink.slug} drink={drink} />
          ))}
        </div>
      )}
      <nav class="paging">
        {missing > 0 && (
          <button
            type="button"
            class="button button--quiet paging__why-not"
            data-testid="why-not"
            onClick={() => send({ type: 'panel', panel: 'why-not' })}
          >
            <Icon name="info" />
            {text('drinks.why_not', { count: missing })}
          </button>
        )}
        {pages > 1 && <Pager page={page} pages={pages} />}
      </nav>
    </>
  );
}

function Pager({ page, pages }: { readonly page: number; readonly pages: number }) {
  const { send, text } = useScreen();
  const turn = (to: number) => send({ type: 'page-turned', to });
  return (
    <div class="pager">
      <button
        type="button"
        class="button pager__arrow"
        aria-label={text('drinks.previous')}
        data-testid="previous-page"
        disabled={page === 0}
        onClick={() => turn(page - 1)}
      >
        <Icon name="chevron-left" />
      </button>
      <span class="pager__place" aria-live="polite">
        {text('drinks.page', { page: page + 1, pages })}
      </span>
      <button
        type="button"
        class="button pager__arrow"
        aria-label={text('drinks.next')}
        data-testid="next-page"
        disabled={page === pages - 1}
        onClick={() => turn(page + 1)}
      >
        <Icon name="chevron-right" />
      </button>
    </div>
  );
}

function NoDrinks() {
  const { text } = useScreen();
  return (
    <div class="empty" data-testid="no-drinks">
      <div class="empty__glass">
        <Glass picture={null} percent={0} />
      </div>
      <div>
        <p class="empty__title">{text('drinks.none')}</p>
        <p>{text('drinks.none_text')}</p>
      </div>
    </div>
  );
}
