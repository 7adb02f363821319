import { Icon, type IconName } from '../../parts/icon.tsx';
import type { TextKey } from '../../texts/texts.ts';
import { useScreen } from '../screen-context.ts';

export type Step = 'pay' | 'licence' | 'glass' | 'pour';

const steps: readonly { readonly step: Step; readonly icon: IconName; readonly label: TextKey }[] = [
  { step: 'pay', icon: 'wallet', label: 'steps.pay' },
  { step: 'licence', icon: 'licence', label: 'steps.licence' },
  { step: 'glass', icon: 'cup', label: 'steps.glass' },
  { step: 'pour', icon: 'droplets', label: 'steps.pour' },
];

/** How far the order has come: what is done, what happens now, what follows. */
export function Steps({ now }: { readonly now: Step }) {
  const { text } = useScreen();
  const at = steps.findIndex(({ step }) => step === now);
  return (
    <ol class="steps" data-testid="steps" data-step={now}>
      {steps.map(({ step, icon, label }, index) => (
        <li
          key={step}
          class={`steps__step steps__step--${index < at ? 'done' : index === at ? 'now' : 'next'}`}
          aria-current={index === at ? 'step' : undefined}
        >
          <span class="steps__mark">
            <Icon name={index < at ? 'check' : icon} />
          </span>
          <span class="steps__label">{text(label)}</span>
        </li>
      ))}
    </ol>
  );
}
