import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface DialogProps {
  readonly title: string;
  readonly testId: string;
  readonly children: ComponentChildren;
}

/** A question over the page; the focus goes to its first button. */
export function Dialog({ title, testId, children }: DialogProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.querySelector('button')?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <div class="veil">
      <div class="dialog" role="alertdialog" aria-modal="true" aria-label={title} data-testid={testId} ref={box}>
        <h2 class="dialog__title">{title}</h2>
        {children}
      </div>
    </div>
  );
}
