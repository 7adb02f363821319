import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { unreachable } from '#shared/failure.ts';
import type { OrderView } from '#wire/screen-api.ts';
import type { TextKey } from '../texts/texts.ts';
import { AttractPage } from './pages/attract-page.tsx';
import { DrinkPage } from './pages/drink-page.tsx';
import { DrinksPage } from './pages/drinks-page.tsx';
import { FailurePage } from './pages/failure-page.tsx';
import { GlassPage } from './pages/glass-page.tsx';
import { PayPage } from './pages/pay-page.tsx';
import { PouringPage } from './pages/pouring-page.tsx';
import { ReceiptPage } from './pages/receipt-page.tsx';
import { WaitPage } from './pages/wait-page.tsx';
import { WhyNotPage } from './pages/why-not-page.tsx';
import { type Screen, ScreenContext, screenFor, useScreen } from './screen-context.ts';
import type { ScreenRunner } from './screen-runner.ts';
import { type Page, pageOf } from './state/page-of.ts';
import { IdleWarning } from './widgets/idle-warning.tsx';
import type { Step } from './widgets/steps.tsx';
import { TopBar } from './widgets/top-bar.tsx';
import { WorksBar } from './widgets/works-bar.tsx';

/** The whole touchscreen: one page at a time between the bars that are always there. */
export function App({ runner, newId }: { readonly runner: ScreenRunner; readonly newId: () => string }) {
  const [state, setState] = useState(runner.state());
  useEffect(() => runner.subscribe(setState), [runner]);
  useLayoutEffect(() => {
    document.documentElement.lang = state.language;
  }, [state.language]);

  const screen = screenFor(state, runner.send, newId);
  const page = pageOf(state);
  return (
    <ScreenContext.Provider value={screen}>
      <div class="screen" data-testid="screen" data-page={page.name}>
        <TopBar page={page} />
        <WorksBar />
        <main class={`page page--${page.name}`} key={page.name}>
          <PageContent page={page} screen={screen} />
        </main>
        <IdleWarning />
      </div>
    </ScreenContext.Provider>
  );
}

function PageContent({ page, screen }: { readonly page: Page; readonly screen: Screen }) {
  switch (page.name) {
    case 'starting':
      return <WaitPage title={screen.text('starting.title')} text={screen.text('starting.text')} />;
    case 'attract':
      return <AttractPage menu={page.menu} />;
    case 'drinks':
      return <DrinksPage menu={page.menu} />;
    case 'why-not':
      return <WhyNotPage menu={page.menu} />;
    case 'drink':
      return <DrinkPage drink={page.drink} />;
    case 'pay':
      return page.order.invoice === null ? (
        <OrderWait page={page} step="pay" title="pay.preparing" text="starting.text" />
      ) : (
        <PayPage menu={page.menu} order={page.order} drink={page.drink} />
      );
    case 'confirming':
      return <OrderWait page={page} step="pay" title="confirming.title" text="confirming.text" />;
    case 'licence':
      return <OrderWait page={page} step="licence" title="licence.title" text="licence.text" />;
    case 'glass':
      return <GlassPage order={page.order} />;
    case 'pouring':
      return <PouringPage order={page.order} drink={page.drink} />;
    case 'receipt':
      return <ReceiptPage menu={page.menu} order={page.order} drink={page.drink} />;
    case 'failure':
      return <FailurePage order={page.order} drink={page.drink} />;
    default:
      return unreachable(page);
  }
}

interface OrderWaitProps {
  readonly page: Extract<Page, { order: OrderView }>;
  readonly step: Step;
  readonly title: TextKey;
  readonly text: TextKey;
}

function OrderWait({ page, step, title, text }: OrderWaitProps) {
  const screen = useScreen();
  const { order, drink } = page;
  const words = screen.text(text, { author: drink?.author ?? '' });
  const waiting = { order, step, picture: drink?.picture ?? null };
  return <WaitPage title={screen.text(title)} text={words} waiting={waiting} />;
}
