import arrowLeft from 'lucide-static/icons/arrow-left.svg?raw';
import check from 'lucide-static/icons/check.svg?raw';
import chevronLeft from 'lucide-static/icons/chevron-left.svg?raw';
import chevronRight from 'lucide-static/icons/chevron-right.svg?raw';
import cup from 'lucide-static/icons/cup-soda.svg?raw';
import remove from 'lucide-static/icons/delete.svg?raw';
import droplets from 'lucide-static/icons/droplets.svg?raw';
import hand from 'lucide-static/icons/hand.svg?raw';
import coins from 'lucide-static/icons/hand-coins.svg?raw';
import hourglass from 'lucide-static/icons/hourglass.svg?raw';
import info from 'lucide-static/icons/info.svg?raw';
import leaf from 'lucide-static/icons/leaf.svg?raw';
import stop from 'lucide-static/icons/octagon-x.svg?raw';
import pause from 'lucide-static/icons/pause.svg?raw';
import play from 'lucide-static/icons/play.svg?raw';
import licence from 'lucide-static/icons/scroll-text.svg?raw';
import ticket from 'lucide-static/icons/ticket.svg?raw';
import warning from 'lucide-static/icons/triangle-alert.svg?raw';
import wallet from 'lucide-static/icons/wallet.svg?raw';
import alcohol from 'lucide-static/icons/wine.svg?raw';
import offline from 'lucide-static/icons/wifi-off.svg?raw';
import cross from 'lucide-static/icons/x.svg?raw';

const icons = {
  alcohol,
  'arrow-left': arrowLeft,
  check,
  'chevron-left': chevronLeft,
  'chevron-right': chevronRight,
  coins,
  cross,
  cup,
  droplets,
  hand,
  hourglass,
  info,
  leaf,
  licence,
  offline,
  pause,
  play,
  remove,
  stop,
  ticket,
  wallet,
  warning,
};

export type IconName = keyof typeof icons;

/** A drawn sign beside words that say the same; readers that speak skip it. */
export function Icon({ name }: { readonly name: IconName }) {
  return <span class="icon" aria-hidden="true" dangerouslySetInnerHTML={{ __html: icons[name] }} />;
}
