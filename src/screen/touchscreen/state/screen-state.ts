import type { MenuView, NewOrder, OrderView, ProblemView } from '#wire/screen-api.ts';
import type { Language } from '#wire/sentences/language.ts';

/** What the customer asked desk for and has not been answered yet. */
export type Asked = 'place' | 'start' | 'stop' | 'hold' | 'resume' | 'cancel';

/** What lies over the page. */
export type Panel = 'none' | 'why-not' | 'voucher' | 'cancel';

/** Everything the touchscreen knows; the page follows from it (`page-of.ts`). */
export interface ScreenState {
  readonly language: Language;
  /** The language to which the screen returns for the next customer. */
  readonly defaultLanguage: Language;
  /** Whether this is the screen at the machine, which offers orders that a power cut left behind. */
  readonly atMachine: boolean;
  readonly menu: MenuView | null;
  /** Whether the event stream from desk stands. */
  readonly connected: boolean;
  readonly awake: boolean;
  /** Whether a remembered order is being asked for after a reload. */
  readonly restoring: boolean;
  /** The drink looked at, by slug. */
  readonly drink: string | null;
  readonly tilePage: number;
  readonly panel: Panel;
  /** An order that was sent and not yet answered; kept for a repeat with the same id. */
  readonly pending: NewOrder | null;
  readonly order: OrderView | null;
  readonly asked: Asked | null;
  readonly askedAt: number;
  /** Why desk refused the last request. */
  readonly refusal: ProblemView | null;
  /** Orders that this screen does not follow, and for which somebody has to do or take something. */
  readonly waiting: readonly OrderView[];
  /** Vouchers that were shown until somebody had noted them. */
  readonly noted: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly touchedAt: number;
  readonly wokenAt: number;
}

/** Something that happened at the screen or arrived from desk. */
export type ScreenEvent =
  | { readonly type: 'menu'; readonly menu: MenuView }
  | { readonly type: 'order'; readonly order: OrderView }
  | { readonly type: 'refused'; readonly asked: Asked; readonly problem: ProblemView }
  | { readonly type: 'link'; readonly up: boolean }
  | { readonly type: 'restored'; readonly order: OrderView | null }
  | { readonly type: 'tick'; readonly now: number }
  | { readonly type: 'touched' }
  | { readonly type: 'woken' }
  | { readonly type: 'language'; readonly language: Language }
  | { readonly type: 'page-turned'; readonly to: number }
  | { readonly type: 'panel'; readonly panel: Panel }
  | { readonly type: 'drink-chosen'; readonly drink: string }
  | { readonly type: 'back' }
  | { readonly type: 'drink-ordered'; readonly id: string }
  | { readonly type: 'voucher-entered'; readonly id: string; readonly voucher: string }
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'hold' }
  /** The drink that was put on hold is to go on. */
  | { readonly type: 'resume' }
  | { readonly type: 'cancel' }
  /** The shown voucher has been noted. */
  | { readonly type: 'noted' }
  | { readonly type: 'left'; readonly to: 'attract' | 'drinks' }
  | { readonly type: 'resumed'; readonly id: string };

/** What is to be done because of it. */
export type ScreenEffect =
  | { readonly type: 'place'; readonly order: NewOrder }
  | { readonly type: 'ask'; readonly asked: Exclude<Asked, 'place'>; readonly id: string }
  /** Cancel without waiting for the answer: the customer has moved on. */
  | { readonly type: 'abandon'; readonly id: string }
  | { readonly type: 'fetch'; readonly id: string }
  | { readonly type: 'remember'; readonly id: string }
  | { readonly type: 'forget' };

/** The screen before anything has arrived. */
export function newScreen(at: {
  readonly language: Language;
  readonly atMachine: boolean;
  readonly restoring: boolean;
  readonly now: number;
}): ScreenState {
  return {
    language: at.language,
    defaultLanguage: at.language,
    atMachine: at.atMachine,
    menu: null,
    connected: true,
    awake: false,
    restoring: at.restoring,
    drink: null,
    tilePage: 0,
    panel: 'none',
    pending: null,
    order: null,
    asked: null,
    askedAt: 0,
    refusal: null,
    waiting: [],
    noted: [],
    now: at.now,
    touchedAt: at.now,
    wokenAt: 0,
  };
}
