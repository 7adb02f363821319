/**
 * A host of a board whose memory is searched: `node bridge-memory-host.ts PORT FILE [--leaky]`. FILE holds start and stop of two steps, µs,
 * as four 32-bit numbers. Each line on stdin lets it do one thing more: pour them; forget everything. A leaky one keeps what its
 * port reads and writes.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openNodeSerialPort } from '#firmware-bridge/bridge/node-serial-port.ts';
import { openBridge } from '#firmware-bridge/bridge/open-bridge.ts';
import type { OpenPort } from '#firmware-bridge/bridge/serial-port.ts';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { silentLog } from '#shared/log.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { milliseconds } from '#shared/units.ts';
import { benchLimits, benchOptions } from '#tests/support/bridge-wiring.ts';
import { patientClock } from '#tests/support/patient-clock.ts';

const [path = '', file = '', leaky] = process.argv.slice(2);
const kept: Uint8Array[] = [];
const leakyPort: OpenPort = async (...where) => {
  const port = await openNodeSerialPort(...where);
  return {
    async read(into) {
      const count = await port.read(into);
      kept.push(into.slice(0, count));
      return count;
    },
    write(bytes) {
      kept.push(bytes.slice());
      return port.write(bytes);
    },
    close: () => port.close(),
  };
};

const dispenser = await openBridge(benchOptions(path), {
  clock: patientClock,
  entropy: systemEntropy,
  log: silentLog,
  openPort: leaky === undefined ? openNodeSerialPort : leakyPort,
});
await dispenser.configure(benchLimits);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const steps = new StepBuffer();
const doses = new DoseBuffer();

process.stdout.write('ready\n');
await lines.next();
readSteps();
const armed = await dispenser.arm(steps, milliseconds(5_000));
const end = await armed.ended;
await dispenser.lastJob(doses);
process.stdout.write(`${end.t} ${doses.count}\n`);
await lines.next();
steps.wipe();
doses.wipe();
await dispenser.forgetLastJob();
await dispenser.readBack();
process.stdout.write(`wiped ${kept.length}\n`);
await lines.next();

/** The numbers go from the file into the steps, and lie nowhere else in between. */
function readSteps(): void {
  const numbers = new Uint32Array(4);
  const fd = openSync(file, 'r');
  readSync(fd, numbers);
  closeSync(fd);
  for (const pump of [0, 1]) {
    steps.startUs[pump] = numbers[2 * pump] ?? 0;
    steps.stopUs[pump] = numbers[2 * pump + 1] ?? 0;
    steps.drive[pump] = 1000;
    steps.pump[pump] = pump;
  }
  steps.count = 2;
  numbers.fill(0);
}
