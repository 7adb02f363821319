import { invariant } from '#shared/failure.ts';

/** A phase in the clear: which ingredients, how much of each (µl), and how they run. */
export interface CanaryPhase {
  readonly timing: 'together' | 'same_end' | 'one_after_other';
  readonly doses: readonly { readonly ingredient: string; readonly amountUl: number }[];
}

/** Pumps of the demo machine, each with a flow of its own. */
const ingredients = ['orange-juice', 'milk', 'cranberry-juice', 'lime-juice', 'cold-brew', 'grenadine'] as const;
const timings = ['one_after_other', 'same_end', 'together'] as const;

/**
 * A recipe of three pieces with two doses each, one piece of every timing. All amounts are primes between 100,003 and 199,999 µl,
 * other ones for every `which`: numbers that nothing else in the machine comes to.
 */
export function canaryPhases(which: number): readonly CanaryPhase[] {
  const amounts = primes.filter((_, i) => i % 101 === which).slice(0, ingredients.length);
  invariant(amounts.length === ingredients.length, 'there are enough primes');
  const doses = ingredients.map((ingredient, i) => ({ ingredient, amountUl: amounts[(i * 5) % 6] ?? 0 }));
  return timings.map((timing, i) => ({ timing, doses: doses.slice(2 * i, 2 * i + 2) }));
}

/** Those that a source, which is in millilitres, can say exactly. */
const primes = Array.from({ length: 99_997 }, (_, i) => 100_003 + i).filter(
  (value) => isPrime(value) && (value / 1000) * 1000 === value,
);

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor += 1) if (value % divisor === 0) return false;
  return true;
}
