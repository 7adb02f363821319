import { useId, useState } from 'preact/hooks';

interface GlassProps {
  /** Path of the drink's picture; without one (or when it cannot be loaded) a plain tumbler is drawn. */
  readonly picture: string | null;
  /** How full the glass is, 0 to 100. */
  readonly percent: number;
  /** Whether something is running into it now. */
  readonly pouring?: boolean;
  /** Whether it rests in a small light, ready to be taken. */
  readonly lit?: boolean;
}

const height = 500;
// the drawn liquid lies between these lines of the picture
const topLine = 20;
const bottomLine = 480;

/**
 * The hero of the screen: a drink in its glass. Filling uncovers the author's picture from below by time alone; it
 * tells nothing of the amounts of a sealed recipe.
 */
export function Glass({ picture, percent, pouring = false, lit = false }: GlassProps) {
  const [broken, setBroken] = useState<string | null>(null);
  const id = useId();
  const level = bottomLine - ((bottomLine - topLine) * Math.min(100, Math.max(0, percent))) / 100;
  const shown = percent >= 100 ? 0 : level;
  const drawn = picture === null || broken === picture;
  return (
    <svg class={`glass${pouring ? ' glass--pouring' : ''}`} viewBox={`0 0 400 ${height}`} aria-hidden="true">
      <defs>
        <clipPath id={`${id}-filled`}>
          <path
            class="glass__surface"
            style={{ transform: `translateY(${shown}px)` }}
            d="M-400 0q25 -5 50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0t50 0V600H-400z"
          />
        </clipPath>
        <radialGradient id={`${id}-light`}>
          <stop class="glass__light-inner" offset="0" />
          <stop class="glass__light-outer" offset="1" />
        </radialGradient>
      </defs>
      {lit && <ellipse class="glass__light" cx="200" cy="300" rx="200" ry="200" fill={`url(#${id}-light)`} />}
      {drawn && <ellipse class="glass__shadow" cx="200" cy="478" rx="120" ry="11" />}
      {pouring && <rect class="glass__stream" x="195" y="-10" width="10" height={level + 10} rx="5" />}
      <g class="glass__empty">
        {drawn ? (
          <Tumbler full={false} />
        ) : (
          <image href={picture} width="400" height={height} onError={() => setBroken(picture)} />
        )}
      </g>
      <g clip-path={`url(#${id}-filled)`}>
        {drawn ? <Tumbler full /> : <image href={picture} width="400" height={height} />}
      </g>
    </svg>
  );
}

function Tumbler({ full }: { readonly full: boolean }) {
  return (
    <g>
      {full && (
        <path class="tumbler__liquid" d="M111 110 L136 446 Q138 462 154 462 L246 462 Q262 462 264 446 L289 110 Z" />
      )}
      <path
        class="tumbler__wall"
        d="M100 60 L128 450 Q130 474 154 474 L246 474 Q270 474 272 450 L300 60"
        fill="none"
        stroke-linecap="round"
      />
      {full && <path class="tumbler__shine" d="M128 130 L148 420" fill="none" stroke-linecap="round" />}
    </g>
  );
}
