/**
 * A host of a board, as a process that a test may stop or kill: `node bridge-host.ts PORT ON_MS LEASE_MS`. Pours on pump 0 for ON_MS and
 * keeps its lease. Says `armed JOB` on stdout, then `done END`, and stays.
 */
import { openBridge } from '#firmware-bridge/bridge/open-bridge.ts';
import { StepBuffer } from '#firmware-bridge/step-buffer.ts';
import { silentLog } from '#shared/log.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { milliseconds } from '#shared/units.ts';
import { benchLimits, benchOptions } from './bridge-wiring.ts';
import { patientClock } from './patient-clock.ts';

const [port = '', onMs = '0', leaseMs = '0'] = process.argv.slice(2);
const dispenser = await openBridge(benchOptions(port), { clock: patientClock, entropy: systemEntropy, log: silentLog });
await dispenser.configure(benchLimits);
const steps = new StepBuffer();
steps.push(0, 0, 1000, 0, Number(onMs) * 1000);
const armed = await dispenser.arm(steps, milliseconds(Number(leaseMs)));
process.stdout.write(`armed ${armed.job}\n`);
const renewals = setInterval(() => void armed.renew().catch(() => undefined), Number(leaseMs) / 3);
const end = await armed.ended;
clearInterval(renewals);
process.stdout.write(`done ${JSON.stringify(end)}\n`);
