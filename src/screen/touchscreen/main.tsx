import { render } from 'preact';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/frame.css';
import '../styles/choice.css';
import '../styles/order.css';
import '../styles/outcome.css';
import '../styles/small.css';
import { bestLanguage } from '#wire/sentences/language.ts';
import { App } from './app.tsx';
import { moveFocusByArrows } from './arrow-focus.ts';
import { deskClient } from './desk/desk-client.ts';
import { eventsAddress, followDesk } from './desk/desk-events.ts';
import { orderMemory } from './desk/order-memory.ts';
import { runScreen } from './screen-runner.ts';
import { newScreen } from './state/screen-state.ts';

/** The composition root of the touchscreen: the browser's clock, storage and network are handed out here. */
function main(root: HTMLElement): void {
  const desk = deskClient('');
  const memory = orderMemory(sessionStorage);
  const first = newScreen({
    language: bestLanguage(navigator.languages),
    atMachine: ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname),
    restoring: memory.ids().length > 0,
    now: Date.now(),
  });
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const runner = runScreen(first, { desk, memory, pause });

  for (const kind of ['pointerdown', 'keydown'] as const) {
    addEventListener(kind, () => runner.send({ type: 'touched' }), { passive: true });
  }
  addEventListener('keydown', moveFocusByArrows);
  addEventListener('contextmenu', (event) => event.preventDefault());
  setInterval(() => runner.send({ type: 'tick', now: Date.now() }), 250);

  followDesk(eventsAddress(location), {
    event: (event) =>
      event.type === 'menu' ? runner.send({ type: 'menu', menu: event.menu }) : runner.pushed(event.order),
    link: (up) => runner.send({ type: 'link', up }),
  });
  if (first.restoring) void runner.restore();
  render(<App runner={runner} newId={() => crypto.randomUUID()} />, root);
}

const root = document.getElementById('screen');
if (root !== null) main(root);
