import type { DrinkView, MenuView, OrderView } from '#wire/screen-api.ts';
import { newScreen, type ScreenState } from './screen-state.ts';

/** For tests: a drink that can be made. */
export const sampleDrink: DrinkView = {
  slug: 'lagoon',
  recipe: '0'.repeat(32),
  version: 2,
  name: { de: 'Lagune', en: 'Lagoon' },
  description: { de: 'Blau.', en: 'Blue.' },
  author: 'Ada',
  picture: '/pictures/lagoon.svg',
  accent: '#2f83b7',
  price_sat: 1_000,
  total_ul: 200_000,
  duration_ms: 20_000,
  abv_percent: 0,
  kcal: null,
  allergens: [],
  ingredients: [{ id: 'lime', name: { de: 'Limettensaft', en: 'lime juice' } }],
  why_not: [],
};

/** For tests: a menu of that one drink, with all at work. */
export const sampleMenu: MenuView = {
  machine: { id: 'm', name: 'At the window' },
  drinks: [sampleDrink],
  demo_wallet: null,
  works: { cell: true, marketplace: true, payment: true, quarantined: false },
};

/** For tests: an order of it, waiting for its payment. */
export const sampleOrder: OrderView = {
  id: '7d2b3f1e-58c4-4a39-9d4c-1f0f6f2a9b10',
  number: 17,
  drink: 'lagoon',
  state: 'payment',
  price_sat: 1_000,
  invoice: {
    state: 'new',
    address: 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
    uri: 'bitcoin:bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080?amount=0.00001',
    amount_sat: 1_000,
    received_sat: 0,
    expires_at_ms: 700_000,
  },
  percent: 0,
  problem: null,
  refund: null,
  receipt: null,
};

/** For tests: a screen that was woken at 0 and shows the drinks; changed by `by`. */
export function sampleScreen(by: Partial<ScreenState> = {}): ScreenState {
  const first = newScreen({ language: 'en', atMachine: true, restoring: false, now: 0 });
  return { ...first, menu: sampleMenu, awake: true, wokenAt: -1_000, ...by };
}
