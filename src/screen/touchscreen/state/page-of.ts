import { unreachable } from '#shared/failure.ts';
import type { DrinkView, MenuView, OrderView } from '#wire/screen-api.ts';
import type { ScreenState } from './screen-state.ts';

/** The page that is shown, with what it needs. */
export type Page =
  | { readonly name: 'starting' }
  | { readonly name: 'attract'; readonly menu: MenuView }
  | { readonly name: 'drinks'; readonly menu: MenuView }
  | { readonly name: 'why-not'; readonly menu: MenuView }
  | { readonly name: 'drink'; readonly menu: MenuView; readonly drink: DrinkView }
  | {
      readonly name: 'pay' | 'confirming' | 'licence' | 'glass' | 'pouring' | 'receipt' | 'failure';
      readonly menu: MenuView;
      readonly order: OrderView;
      /** Null when the drink has left the menu meanwhile. */
      readonly drink: DrinkView | null;
    };

export type OrderPageName = Extract<Page, { order: OrderView }>['name'];

/** The page of an order; what was not poured in full is never shown as success. */
export function orderPageName(order: OrderView): OrderPageName {
  switch (order.state) {
    case 'payment':
      return 'pay';
    case 'confirming':
      return 'confirming';
    case 'licence':
      return 'licence';
    case 'place_glass':
      return 'glass';
    case 'pouring':
      return 'pouring';
    case 'done':
      return 'receipt';
    case 'partial':
    case 'failed':
    case 'expired':
    case 'cancelled':
      return 'failure';
    default:
      return unreachable(order.state);
  }
}

/** The page that follows from `state`; an order goes before everything else. */
export function pageOf(state: ScreenState): Page {
  const { menu, order } = state;
  if (menu === null || state.restoring) return { name: 'starting' };
  if (order !== null) {
    const drink = menu.drinks.find((one) => one.slug === order.drink) ?? null;
    return { name: orderPageName(order), menu, order, drink };
  }
  if (!state.awake) return { name: 'attract', menu };
  const drink = menu.drinks.find((one) => one.slug === state.drink);
  if (drink !== undefined) return { name: 'drink', menu, drink };
  return { name: state.panel === 'why-not' ? 'why-not' : 'drinks', menu };
}
