import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runDesk } from '#desk/main.ts';
import { pinoLog } from '#shared/node/pino-log.ts';
import { serveUntilStopped } from '../process.ts';

export const help = `usage: decant desk --state DIR --config FILE --sockets DIR [--pages DIR]

The machine's network process: orders, money, marketplace, touchscreen. It holds no PIN, no key and no recipe.

  --state DIR    its database
  --config FILE  machine.yaml
  --sockets DIR  folder of the cell's sockets
  --pages DIR    the built pages
`;

const builtPages = fileURLToPath(new URL('../../screen/dist', import.meta.url));

export function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      state: { type: 'string', default: process.env['DECANT_STATE'] ?? '/var/lib/decant/desk' },
      config: { type: 'string', default: process.env['DECANT_CONFIG'] ?? '/etc/decant/machine.yaml' },
      sockets: { type: 'string', default: '/run/decant' },
      pages: { type: 'string', default: builtPages },
      'with-parent': { type: 'boolean', default: false },
    },
  });
  const { state, config, sockets, pages } = values;
  const log = pinoLog('desk');
  return serveUntilStopped(values['with-parent'], async () => ({
    running: await runDesk({ state, config, sockets, pages, log }),
    ready: { ready: 'desk' },
  }));
}
