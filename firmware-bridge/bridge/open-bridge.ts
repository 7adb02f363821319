import type { BridgePorts } from './bridge-connection.ts';
import { BridgeDispenser } from './bridge-dispenser.ts';
import type { BridgeOptions } from './bridge-options.ts';
import { openNodeSerialPort } from './node-serial-port.ts';
import type { OpenPort } from './serial-port.ts';

/**
 * Opens the serial port of `options` and greets the board behind it; nothing is configured yet, and no output is on. From then on the
 * board may come and go: `BridgeDispenser` says what that means for a job.
 * @throws Failure `dispenser/port-unavailable` {port, reason}, `dispenser/board-silent` {port} after 5 s,
 * `dispenser/firmware-too-old` {found, needed}
 */
export function openBridge(
  options: BridgeOptions,
  { openPort = openNodeSerialPort, ...ports }: Omit<BridgePorts, 'openPort'> & { readonly openPort?: OpenPort },
): Promise<BridgeDispenser> {
  return BridgeDispenser.open(options, { ...ports, openPort });
}
