import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Failure } from '#shared/failure.ts';
import { type SimFaultName, simFaultNames } from '#wire/machine-config.ts';
import { portOption, wholeOption } from '../console/options.ts';
import { DemoCustomer } from '../demo/demo-customer.ts';
import { type DemoPorts, usualPorts, withFreePorts } from '../demo/demo-ports.ts';
import { type Demo, type DemoOptions, startDemo } from '../demo/demo.ts';
import { stopRequest } from '../stop-request.ts';

export const help = `usage: npm start [-- OPTIONS]

A whole demo machine: token, marketplace, bitcoin regtest chain, touchscreen. Nothing of it leaves this computer.

  --once               orders, pays, pours and prints the receipt without a browser, then ends
  --drink SLUG         with --once: which drink (the first that can be made)
  --json               with --once: the receipt as one line of JSON, last on stdout
  --state DIR          where everything is kept (.decant)
  --seed N             of the simulated pumps' noise (1)
  --speed N            how many times faster than real the pumps run (4; with --once 20)
  --no-noise           simulated pumps without noise
  --fault NAME         a bad day of the simulated machine, several if given again: ${simFaultNames.join(', ')}
  --alcohol            also offers drinks with alcohol
  --touchscreen-port N, --wallet-port N, --esplora-port N, --marketplace-port N, --broker-port N
                       other ports than ${Object.values(usualPorts).join(', ')}; 0 takes a free one
`;

const flags = {
  once: { type: 'boolean', default: false },
  drink: { type: 'string' },
  json: { type: 'boolean', default: false },
  state: { type: 'string' },
  seed: { type: 'string', default: '1' },
  speed: { type: 'string' },
  'no-noise': { type: 'boolean', default: false },
  fault: { type: 'string', multiple: true },
  alcohol: { type: 'boolean', default: false },
  'touchscreen-port': { type: 'string' },
  'wallet-port': { type: 'string' },
  'esplora-port': { type: 'string' },
  'marketplace-port': { type: 'string' },
  'broker-port': { type: 'string' },
} as const;

function faultOption(name: string): SimFaultName {
  const known = simFaultNames.find((each) => each === name);
  if (known === undefined) throw new Failure('usage/option-wrong', { option: '--fault', value: name });
  return known;
}

/** The exit code of a shell for a program that Ctrl-C ended. */
const interrupted = 130;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: flags,
  });
  const port = (name: keyof DemoPorts): number =>
    portOption(values[`${name}-port`] ?? String(usualPorts[name]), `--${name}-port`);
  const options: DemoOptions = {
    state: values.state ?? process.env['DECANT_STATE'] ?? '.decant',
    ports: await withFreePorts({
      touchscreen: port('touchscreen'),
      wallet: port('wallet'),
      esplora: port('esplora'),
      marketplace: port('marketplace'),
      broker: port('broker'),
    }),
    seed: wholeOption(values.seed, '--seed'),
    speed: wholeOption(values.speed ?? (values.once ? '20' : '4'), '--speed', { least: 1, most: 1000 }),
    noise: !values['no-noise'],
    faults: (values.fault ?? []).map(faultOption),
    alcohol: values.alcohol,
    say: (line) => process.stderr.write(`${line}\n`),
  };
  const stop = stopRequest();
  stop.addEventListener('abort', () => options.say('Stopping.'));
  const stopped = once(stop, 'abort').then(() => interrupted);
  try {
    await using demo = await startDemo({ ...options, stop });
    if (values.once) return await Promise.race([buyOne(demo, values.drink ?? null, values.json), stopped]);
    tell(demo);
    await stopped;
    return 0;
  } catch (error) {
    // what was started is gone, and why it did not get further is plain
    if (stop.aborted) return interrupted;
    throw error;
  }
}

async function buyOne(demo: Demo, drink: string | null, json: boolean): Promise<number> {
  await using customer = await DemoCustomer.arrive(demo);
  const menu = await customer.menu(({ drinks }) => drinks.some((one) => one.why_not.length === 0));
  const chosen = drink ?? menu.drinks.find((one) => one.why_not.length === 0)?.slug ?? '';
  const receipt = await customer.buy(chosen);
  if (json) process.stdout.write(`${JSON.stringify(receipt)}\n`);
  else {
    const { payment } = receipt;
    process.stdout.write(
      `${receipt.drink}: ${receipt.delivered_ul / 1000} ml of ${receipt.ordered_ul / 1000} ml, ` +
        `paid ${payment.satoshi} sat (${payment.licence_satoshi} sat licence), transaction ${payment.txid ?? 'none'}\n`,
    );
  }
  return 0;
}

function tell({ touchscreen, walletPage, marketplace }: Demo): void {
  process.stdout.write(
    [
      '',
      `  touchscreen   ${touchscreen}`,
      `  demo wallet   ${walletPage}`,
      `  marketplace   ${marketplace.url}`,
      '',
      '  Ctrl-C stops everything.',
      '',
    ].join('\n'),
  );
}
