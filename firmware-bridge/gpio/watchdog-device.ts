import type { Clock } from '#shared/clock.ts';
import { Failure } from '#shared/failure.ts';
import { milliseconds } from '#shared/units.ts';
import { systemCalls, writeOnly } from './system-calls.ts';

/** WDIOC_SETTIMEOUT of linux/watchdog.h. */
const setTimeoutRequest = 0xc004_5706;
/** Silence after which the computer is reset, seconds; a chip may round it. */
const patience = 5;
const pingEvery = milliseconds(1_000);

/**
 * Holds the watchdog of this computer awake while this process's loop goes round. When it stops doing so, dead or hanging, the
 * computer is reset, and with it every output. Disposing it in good order takes the watchdog off (magic close: a driver with
 * `nowayout` resets all the same).
 * @throws Failure `dispenser/failed` when the device cannot be had, as when systemd has it (`RuntimeWatchdogSec=`)
 */
export function watchdogDevice(path: string, clock: Clock): Disposable {
  const { open, close, ioctl, write, errno } = systemCalls();
  const device = open(path, writeOnly);
  if (device === -1) throw new Failure('dispenser/failed', { watchdog: path, reason: errno() });
  const seconds = new Uint8Array(new ArrayBuffer(4));
  seconds[0] = patience;
  // one that cannot be set keeps its own time
  ioctl(device, setTimeoutRequest, seconds);
  const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
  let timer: Disposable | null = null;
  const ping = (): void => {
    write(device, bytes('.'), 1);
    timer = clock.after(pingEvery, ping);
  };
  ping();
  return {
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]();
      write(device, bytes('V'), 1);
      close(device);
    },
  };
}
