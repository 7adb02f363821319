import { z } from 'zod';

/** What desk serves to the touchscreen: REST below `/api`, and the same views pushed over the WebSocket `/api/events`. */

/** A text in each language that is shipped. */
export const localText = z.strictObject({ de: z.string().max(2000), en: z.string().max(2000) });

export const allergen = z.enum([
  'gluten',
  'crustaceans',
  'eggs',
  'fish',
  'peanuts',
  'soybeans',
  'milk',
  'nuts',
  'celery',
  'mustard',
  'sesame',
  'sulphites',
  'lupin',
  'molluscs',
]);

export const drinkView = z.strictObject({
  slug: z.string().regex(/^[a-z0-9-]{1,64}$/),
  recipe: z.string().regex(/^[0-9a-f]{32}$/),
  version: z.int().positive(),
  name: localText,
  description: localText,
  author: z.string().max(200),
  /** Path of the picture on desk's own server. */
  picture: z.string().max(200),
  /** CSS colour taken from the picture. */
  accent: z.string().regex(/^#[0-9a-f]{6}$/),
  price_sat: z.int().nonnegative(),
  total_ul: z.int().positive(),
  /** Published duration class. */
  duration_ms: z.int().positive(),
  /** Steps of 2 % by volume; 0 means without alcohol. */
  abv_percent: z.int().min(0).max(100),
  kcal: z.int().nonnegative().nullable(),
  allergens: z.array(allergen).max(14),
  ingredients: z.array(z.strictObject({ id: z.string().max(64), name: localText })).max(16),
  /** Empty when the drink can be made now; else failure codes and facts, most important first. */
  why_not: z.array(z.strictObject({ code: z.string().max(64), facts: z.record(z.string(), z.string()) })),
});

export const menuView = z.strictObject({
  machine: z.strictObject({ id: z.string().max(64), name: z.string().max(200) }),
  drinks: z.array(drinkView).max(500),
  /** Address of the demo wallet's page, only in the demo; null elsewhere. */
  demo_wallet: z.string().max(200).nullable(),
  /** What works now. */
  works: z.strictObject({
    cell: z.boolean(),
    marketplace: z.boolean(),
    payment: z.boolean(),
    quarantined: z.boolean(),
  }),
});

/** States of an order as the customer sees them, in the order they are passed. */
export const orderState = z.enum([
  'payment', // invoice shown, waiting for money
  'confirming', // money seen, waiting for a block
  'licence', // the machine buys the licence
  'place_glass', // licence at hand, checked; waiting for glass and start
  'pouring',
  'done',
  'partial', // poured, but not all of it
  'failed', // nothing was poured
  'expired', // invoice ran out unpaid
  'cancelled',
]);

export const receiptView = z.strictObject({
  order: z.string().max(64),
  number: z.int().positive(),
  drink: z.string().max(64),
  at_ms: z.int(),
  ordered_ul: z.int().nonnegative(),
  delivered_ul: z.int().nonnegative(),
  licence: z.string().max(64),
  price_sat: z.int().nonnegative(),
  licence_sat: z.int().nonnegative(),
  split: z.strictObject({ licensor_sat: z.int().nonnegative(), marketplace_sat: z.int().nonnegative() }),
  txid: z.string().max(64).nullable(),
  /** base64url of the USAGE signed in the machine's token. */
  usage: z.string().max(8000),
  /** Whether licensing has accepted the USAGE. */
  usage_accepted: z.boolean(),
});

export const orderView = z.strictObject({
  id: z.uuid(),
  /** The short number called out at the counter. */
  number: z.int().positive(),
  drink: z.string().max(64),
  state: orderState,
  price_sat: z.int().nonnegative(),
  invoice: z
    .strictObject({
      state: z.enum([
        'new',
        'seen',
        'confirmed',
        'settled',
        'underpaid',
        'overpaid',
        'expired',
        'late',
        'replaced',
        'invalid',
      ]),
      address: z.string().max(120),
      /** BIP321 URI for the QR code. */
      uri: z.string().max(500),
      amount_sat: z.int().nonnegative(),
      received_sat: z.int().nonnegative(),
      expires_at_ms: z.int(),
    })
    .nullable(),
  /** Time gone over the published duration class while pouring, 0 to 100. */
  percent: z.int().min(0).max(100),
  /** Set when something went wrong: a failure code with its facts; sentences in `src/wire/sentences`. */
  problem: z.strictObject({ code: z.string().max(64), facts: z.record(z.string(), z.string()) }).nullable(),
  /** A voucher for the money when the drink was not delivered. */
  refund: z.strictObject({ voucher: z.string().max(40), amount_sat: z.int().nonnegative() }).nullable(),
  receipt: receiptView.nullable(),
});

/** Body of `POST /api/orders`; `id` is made by the screen, so that a repeat is the same order. */
export const newOrder = z.strictObject({
  id: z.uuid(),
  drink: z.string().regex(/^[a-z0-9-]{1,64}$/),
  /** A voucher pays instead of bitcoin. */
  voucher: z.string().max(40).nullable(),
});

/** Body of any refused request. */
export const problemView = z.strictObject({ code: z.string().max(64), facts: z.record(z.string(), z.string()) });

/** What the WebSocket pushes: on connect the machine and every open order, then each change. */
export const screenEvent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('order'), order: orderView }),
  z.strictObject({ type: z.literal('menu'), menu: menuView }),
]);

export type LocalText = z.infer<typeof localText>;
export type Allergen = z.infer<typeof allergen>;
export type DrinkView = z.infer<typeof drinkView>;
export type MenuView = z.infer<typeof menuView>;
export type OrderState = z.infer<typeof orderState>;
export type ReceiptView = z.infer<typeof receiptView>;
export type OrderView = z.infer<typeof orderView>;
export type NewOrder = z.infer<typeof newOrder>;
export type ProblemView = z.infer<typeof problemView>;
export type ScreenEvent = z.infer<typeof screenEvent>;

/*
 * GET  /api/menu                → MenuView
 * POST /api/orders   NewOrder   → OrderView (the same id again: the same order)
 * GET  /api/orders/:id          → OrderView
 * POST /api/orders/:id/start    → OrderView (glass placed, start touched)
 * POST /api/orders/:id/cancel   → OrderView (before pouring only)
 * POST /api/orders/:id/stop     → OrderView (while pouring)
 * POST /api/orders/:id/hold     → OrderView (while pouring; the drink waits: problem `machine/held`)
 * POST /api/orders/:id/resume   → OrderView (while it waits so)
 * GET  /pictures/:slug.svg      → the drink's picture
 */
