import type { DrinkView, MenuView } from '#wire/screen-api.ts';

const names: readonly (readonly [slug: string, en: string, de: string, accent: string])[] = [
  ['sunrise', 'Orange Sunrise', 'Orangen-Sonnenaufgang', '#e8743b'],
  ['garden', 'Cucumber Garden', 'Gurkengarten', '#5f9e5a'],
  ['midnight', 'Midnight Plum', 'Mitternachtspflaume', '#6c3a6e'],
  ['lagoon', 'Blue Lagoon', 'Blaue Lagune', '#2f83b7'],
  ['velvet', 'Velvet Milk', 'Samtmilch', '#c79a6b'],
  ['ember', 'Ember & Smoke', 'Glut & Rauch', '#a63f23'],
  ['orchard', 'Orchard Walk', 'Obstgarten', '#b8a12f'],
  ['lemonade', 'Mint Lemonade', 'Minzlimonade', '#9bb43b'],
];

const ingredients: DrinkView['ingredients'] = [
  { id: 'orange-juice', name: { en: 'orange juice', de: 'Orangensaft' } },
  { id: 'passion-fruit', name: { en: 'passion fruit syrup', de: 'Maracujasirup' } },
  { id: 'grenadine', name: { en: 'grenadine', de: 'Grenadine' } },
  { id: 'lime', name: { en: 'lime juice', de: 'Limettensaft' } },
];

/** A menu of nine drinks: eight that can be made, one whose lime juice is used up. */
export function fakeMenu(): MenuView {
  const drinks = names.map(([slug, en, de, accent], index) => fakeDrink(slug, en, de, accent, index));
  const missing: DrinkView = {
    ...fakeDrink('dry-lime', 'Dry Lime', 'Trockene Limette', '#7ba05b', 9),
    why_not: [{ code: 'machine/ingredient-missing', facts: { ingredient: 'lime' } }],
  };
  return {
    machine: { id: 'demo-1', name: 'Decant at the window' },
    drinks: [...drinks, missing],
    demo_wallet: '/wallet',
    works: { cell: true, marketplace: true, payment: true, quarantined: false },
  };
}

function fakeDrink(slug: string, en: string, de: string, accent: string, index: number): DrinkView {
  return {
    slug,
    recipe: index.toString(16).padStart(32, '0'),
    version: 3,
    name: { en, de },
    description: {
      en: 'Bright orange over a slow red bottom, with passion fruit in between. Best without a straw.',
      de: 'Helle Orange über einem langsamen roten Grund, dazwischen Maracuja. Am besten ohne Strohhalm.',
    },
    author: 'Mara Lindqvist',
    picture: `/pictures/${slug}.svg`,
    accent,
    price_sat: 12_500 + 700 * index,
    total_ul: 200_000,
    duration_ms: 24_000,
    abv_percent: index === 2 || index === 5 ? 12 : 0,
    kcal: index % 2 === 0 ? 96 : null,
    allergens: index === 4 ? ['milk', 'nuts'] : index === 2 ? ['sulphites'] : [],
    ingredients: [...ingredients],
    why_not: [],
  };
}

/** A drink in its glass, drawn plainly in `accent`. */
export function fakePicture(accent: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 500">
<defs><linearGradient id="g" x1="0" y1="1" x2="0" y2="0"><stop offset="0" stop-color="#8c1f2b"/><stop offset=".45" stop-color="${accent}"/><stop offset="1" stop-color="${accent}" stop-opacity=".75"/></linearGradient></defs>
<path d="M113 120 L138 446 Q139 464 156 464 L244 464 Q261 464 262 446 L287 120 Z" fill="url(#g)"/>
<path d="M104 70 L132 450 Q134 474 156 474 L244 474 Q266 474 268 450 L296 70" fill="#fff" fill-opacity=".16" stroke="#6b7680" stroke-width="6" stroke-linecap="round"/>
<circle cx="292" cy="96" r="46" fill="#f3a63a" stroke="#c9761d" stroke-width="6"/><path d="M292 54v84M250 96h84M262 66l60 60M322 66l-60 60" stroke="#fbe3b4" stroke-width="5"/>
</svg>`;
}
