/** Where a thing lies on the screen. */
export interface Place {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export type Direction = 'left' | 'right' | 'up' | 'down';

const directions: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

const focusable = 'button:not(:disabled), a[href], input:not(:disabled)';

/** Lets four arrow keys move the focus to the nearest control in their direction; Enter touches it. */
export function moveFocusByArrows(event: KeyboardEvent): void {
  const direction = directions[event.key];
  const typing = event.target instanceof HTMLInputElement && (direction === 'left' || direction === 'right');
  if (direction === undefined || typing) return;
  const scope = document.querySelector('[aria-modal="true"]') ?? document;
  const controls = [...scope.querySelectorAll<HTMLElement>(focusable)].filter((one) => one.offsetParent !== null);
  const from = document.activeElement;
  const inside = from instanceof HTMLElement && controls.includes(from);
  const target = inside
    ? nearest(
        from.getBoundingClientRect(),
        controls.filter((one) => one !== from),
        direction,
      )
    : (controls.find((one) => one.closest('main') !== null) ?? controls[0]);
  if (target === undefined) return;
  event.preventDefault();
  target.focus();
}

function nearest(from: Place, controls: readonly HTMLElement[], direction: Direction): HTMLElement | undefined {
  const ranked = controls
    .map((control) => ({ control, distance: focusDistance(from, control.getBoundingClientRect(), direction) }))
    .filter(({ distance }) => distance < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.control;
}

/**
 * How far `to` is from `from` for someone going in `direction`: the way ahead plus twice the way aside; infinite when
 * its middle does not lie ahead.
 */
export function focusDistance(from: Place, to: Place, direction: Direction): number {
  const dx = (to.left + to.right - from.left - from.right) / 2;
  const dy = (to.top + to.bottom - from.top - from.bottom) / 2;
  const sideways = direction === 'left' || direction === 'right';
  const ahead = { left: -dx, right: dx, up: -dy, down: dy }[direction];
  if (ahead <= 1) return Number.POSITIVE_INFINITY;
  const gap = sideways
    ? gapBetween(from.top, from.bottom, to.top, to.bottom)
    : gapBetween(from.left, from.right, to.left, to.right);
  return ahead + 2 * gap + Math.abs(sideways ? dy : dx) / 4;
}

function gapBetween(fromStart: number, fromEnd: number, toStart: number, toEnd: number): number {
  return Math.max(0, toStart - fromEnd, fromStart - toEnd);
}
