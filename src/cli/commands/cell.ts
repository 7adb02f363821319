import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCell } from '#cell/main.ts';
import { Failure } from '#shared/failure.ts';
import { closeProcess } from '#shared/node/close-process.ts';
import { pinoLog } from '#shared/node/pino-log.ts';
import { serveUntilStopped } from '../process.ts';

export const help = `usage: decant cell --state DIR --config FILE --pin FILE --sockets DIR [--soft-tokens DIR]

The trusted process: token, recipes, pumps, journal. It has no network; desk reaches it by DIR/cell/cell.sock, the
technician's console by DIR/service/service.sock.

  --state DIR        journal, licences, sealed recipes
  --config FILE      machine.yaml
  --pin FILE         token PIN (under systemd: the credential hsm-pin)
  --sockets DIR      folder of the two sockets
  --soft-tokens DIR  where SoftHSM keeps its tokens, for soft tokens
`;

export function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      state: { type: 'string', default: process.env['DECANT_STATE'] ?? '/var/lib/decant/cell' },
      config: { type: 'string', default: process.env['DECANT_CONFIG'] ?? '/etc/decant/machine.yaml' },
      pin: { type: 'string' },
      sockets: { type: 'string', default: '/run/decant' },
      'soft-tokens': { type: 'string' },
      'with-parent': { type: 'boolean', default: false },
    },
  });
  const log = pinoLog('cell');
  return serveUntilStopped(values['with-parent'], async () => {
    closeProcess(log);
    const running = await runCell({
      state: values.state,
      config: values.config,
      pinFile: values.pin ?? credential('hsm-pin'),
      sockets: values.sockets,
      softTokens: values['soft-tokens'] ?? null,
      log,
    });
    return { ready: { ready: 'cell' }, running };
  });
}

/** A file that systemd hands over (LoadCredential=). */
function credential(name: string): string {
  const folder = process.env['CREDENTIALS_DIRECTORY'];
  if (folder === undefined) throw new Failure('usage/option-missing', { option: '--pin' });
  return join(folder, name);
}
