import { Failure } from '#shared/failure.ts';

/** The chip with the header's lines on a Raspberry Pi: 4; Zero to 3; 5. */
const knownLabels = ['pinctrl-bcm2711', 'pinctrl-bcm2835', 'pinctrl-rp1'];

/**
 * The chip with the label `wanted`, or that of a Raspberry Pi. Labels, because the numbers of chips and lines change with the kernel and
 * the board: a line that was 17 is 529 from Linux 6.6 on.
 * @throws Failure `dispenser/no-chip` {wanted, found}
 */
export function chooseChip<C extends { readonly label: string }>(chips: readonly C[], wanted?: string): C {
  const labels = wanted === undefined ? knownLabels : [wanted];
  const chosen = chips.find(({ label }) => labels.includes(label));
  if (chosen !== undefined) return chosen;
  const found = chips.map(({ label }) => label).join(', ');
  throw new Failure('dispenser/no-chip', { wanted: labels.join(' or '), found: found === '' ? 'none' : found });
}
