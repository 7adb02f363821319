import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DemoPlace, demoPlace } from '#cli/demo/demo-place.ts';
import { softhsmPlace, writeSofthsmConfig } from '#hsm/softhsm-config.ts';
import { runNode } from '#tests/run/program.ts';
import { copyOfState } from '../world.ts';

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const countLogins = fileURLToPath(new URL('./count-logins.ts', import.meta.url));

export interface FailedStart {
  readonly code: number;
  /** What it said, on stdout for programs and on stderr for people. */
  readonly output: string;
  /** How often it tried its PIN. */
  readonly logins: number;
}

/** The folders of a machine that is provisioned and of which nothing runs. */
export async function machineAtRest(stack: AsyncDisposableStack): Promise<DemoPlace> {
  const place = demoPlace(await copyOfState(stack));
  await writeSofthsmConfig(place.machineToken);
  return place;
}

/** Starts the cell as a process of its own where it cannot start; answers how that ended. */
export async function startInVain(
  place: DemoPlace,
  { pin = join(place.machineToken, 'pin') }: { pin?: string },
): Promise<FailedStart> {
  const { configFile, tokensFolder } = softhsmPlace(place.machineToken);
  const counted = join(place.root, 'logins');
  await writeFile(counted, '');
  const { code, output } = await runNode(
    [
      '--disable-warning=ExperimentalWarning',
      '--import',
      countLogins,
      main,
      'cell',
      '--state',
      place.cell,
      '--config',
      place.config,
      '--sockets',
      place.sockets,
      '--pin',
      pin,
      '--soft-tokens',
      tokensFolder,
    ],
    { env: { ...process.env, SOFTHSM2_CONF: configFile, LOGIN_COUNT: counted, LANG: 'en_GB.UTF-8' } },
  );
  return { code, output, logins: (await readFile(counted, 'utf8')).split('\n').length - 1 };
}
