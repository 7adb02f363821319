import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { describeMistakes, readConfig } from '#shared/config.ts';
import { Failure } from '#shared/failure.ts';
import { machineConfig } from '#wire/machine-config.ts';

export const help = `usage: decant config check|show|schema [--file PATH] [--state DIR]

  check   says every mistake in machine.yaml with its line
  show    the configuration with its defaults, as JSON
  schema  the JSON schema, for editors

  --file PATH  machine.yaml (default: machine/machine.yaml below the state folder)
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { file: { type: 'string' }, state: { type: 'string' } },
  });
  const [action = ''] = positionals;
  if (action === 'schema') {
    process.stdout.write(`${JSON.stringify(z.toJSONSchema(machineConfig, { io: 'input' }), null, 2)}\n`);
    return 0;
  }
  if (action !== 'check' && action !== 'show') throw new Failure('usage/wrong', { command: `config ${action}` });
  const state = values.state ?? process.env['DECANT_STATE'] ?? '.decant';
  const file = values.file ?? process.env['DECANT_CONFIG'] ?? join(state, 'machine', 'machine.yaml');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Failure('disk/failed', { path: file, reason: (error as NodeJS.ErrnoException).code ?? '' }, error);
  });
  const read = readConfig(text, machineConfig);
  if (!read.ok) {
    process.stderr.write(`${describeMistakes(file, read.mistakes)}\n`);
    return 1;
  }
  process.stdout.write(action === 'show' ? `${JSON.stringify(read.value, null, 2)}\n` : `${file}: good\n`);
  return 0;
}
