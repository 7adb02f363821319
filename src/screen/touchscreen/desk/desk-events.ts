import type { ScreenEvent } from '#wire/screen-api.ts';

/** What listens to the event stream. */
export interface DeskListener {
  event(event: ScreenEvent): void;
  link(up: boolean): void;
}

const firstPauseMs = 500;
const longestPauseMs = 8_000;

/**
 * Follows desk's event stream at `url` for as long as the page lives; a lost connection is told at once and made again
 * after a pause that doubles from 0.5 s to 8 s.
 */
export function followDesk(url: string, listener: DeskListener): void {
  let pauseMs = firstPauseMs;
  const connect = (): void => {
    const socket = new WebSocket(url);
    socket.onopen = () => {
      pauseMs = firstPauseMs;
      listener.link(true);
    };
    socket.onmessage = (message) => listener.event(JSON.parse(String(message.data)) as ScreenEvent);
    socket.onclose = () => {
      listener.link(false);
      setTimeout(connect, pauseMs);
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    };
  };
  connect();
}

/** The address of the event stream of the server that sent the page. */
export function eventsAddress(page: Location): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}/api/events`;
}
