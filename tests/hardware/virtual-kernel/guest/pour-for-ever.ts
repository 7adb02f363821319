import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { microlitres, microlitresPerSecond, milliseconds } from '#shared/units.ts';
import { type Driver, openPumps } from './benches.ts';

/** `pour-for-ever.ts DRIVER LABEL`: a process that has pump 0 on for a minute, to be killed meanwhile. */
const [driver, label = ''] = process.argv.slice(2);
const dispenser = await openPumps(driver as Driver, { label, pull: () => {} });
const limit = { maxOn: milliseconds(60_000), maxVolume: microlitres(60_000), maxFlow: microlitresPerSecond(1_000) };
await dispenser.configure([{ pump: 0, ...limit }]);
const steps = new StepBuffer();
steps.push(0, 0, 1000, 0, 60_000_000);
await dispenser.arm(steps, milliseconds(60_000));
