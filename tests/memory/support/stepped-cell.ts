import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { assembleCell } from '#cell/assemble.ts';
import { simulatedMachine } from '#cell/simulated-machine.ts';
import { deskOperations } from '#cell/operations.ts';
import { serve } from '#cell/api/serve.ts';
import { SimDispenser } from '#firmware-bridge/sim/sim-dispenser.ts';
import { findModule } from '#hsm/cryptoki.ts';
import { openToken } from '#hsm/open-token.ts';
import { requireConfig } from '#shared/config.ts';
import { forgoOptimisation } from '#shared/node/close-process.ts';
import { pinoLog } from '#shared/node/pino-log.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { listenUnix } from '#shared/node/unix-socket.ts';
import { SteppedClock } from '#tests/support/stepped-clock.ts';
import { machineConfig } from '#wire/machine-config.ts';
import { leave, leaveBehind } from './leave-behind.ts';

/**
 * The cell with its real token, disk and sockets, but for its clock, which stands still until it is told on stdin how many
 * milliseconds shall pass, or that the glass is gone or back. With `--leaky` it leaves copies of what it should wipe: what a search must find, or it is worth nothing.
 */
const [state = '', config = '', sockets = '', pinFile = '', softTokens = '', leaky] = process.argv.slice(2);
forgoOptimisation();
const settings = requireConfig(config, await readFile(config, 'utf8'), machineConfig);
const clock = new SteppedClock(systemClock.now());
const pin = await readFile(pinFile);
const token = await openToken({
  module: findModule(process.env['DECANT_PKCS11_MODULE']),
  label: settings.token.label,
  pin,
  entropy: systemEntropy,
  tokensFolder: softTokens,
});
pin.fill(0);
const log = pinoLog('cell');
const dispenser = simulatedMachine(settings, clock);
let jobs = 0;
const arm = dispenser.arm.bind(dispenser);
dispenser.arm = (...given) => {
  jobs += 1;
  return arm(...given);
};
const parts = await assembleCell({
  config: settings,
  token,
  log,
  clock,
  dispenser,
  disk: systemDisk(state),
  entropy: systemEntropy,
  tell: () => {},
  broken: (error) => {
    queueMicrotask(() => {
      throw error;
    });
  },
});
if (leaky === '--leaky') leaveBehind(parts.buffers);
await listenUnix(join(sockets, 'cell', 'cell.sock'), 0o600, (connection) => {
  serve(connection, deskOperations(parts), log);
});
const glass = (contact: 'open' | 'made'): void => {
  if (dispenser instanceof SimDispenser) dispenser.touch({ glass: contact });
};
const say = (answer: object): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const [word = '', hex = ''] = line.split(' ');
  if (word === 'leave') leave(Buffer.from(hex, 'hex'));
  else if (word === 'glass') glass(hex === 'gone' ? 'open' : 'made');
  else await clock.advance(Number(word));
  say({ outputs: await dispenser.readBack(), state: parts.mixer.state, jobs });
}
process.exit();
