import { parseArgs } from 'node:util';
import { z } from 'zod';
import { describeMistakes, readConfig } from '#shared/config.ts';
import { machineConfig } from '#wire/machine-config.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { readInput } from '../console/files.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, unknownAction } from '../console/options.ts';
import { machinePlace } from '../machine-place.ts';
import { textsFor } from '../texts/texts.ts';

export const help = `usage: decant config check|show|schema [--file PATH] [--state DIR] [--json]

  check   says every mistake in machine.yaml with its line, what was found and what may stand there; exit code 1
  show    the configuration with its defaults, as JSON
  schema  the JSON schema, for editors

  --file PATH  machine.yaml (default: that of the machine in the state folder)
  --state DIR  the machine's state folder (DECANT_STATE, or .decant here, or /var/lib/decant)
  --json       with check: {"file": path, "mistakes": [{"line", "path", "found", "expected"}]}
`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { file: { type: 'string' }, state: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const [action] = positionals;
  noMoreThan(1, positionals);
  if (action === 'schema') {
    process.stdout.write(`${JSON.stringify(z.toJSONSchema(machineConfig, { io: 'input' }), null, 2)}\n`);
    return 0;
  }
  if (action !== 'check' && action !== 'show') throw unknownAction(action, ['check', 'show', 'schema']);
  const file = values.file ?? machinePlace(values.state).config;
  const read = readConfig(Buffer.from(await readInput(file)).toString('utf8'), machineConfig);
  if (action === 'check' && values.json) {
    process.stdout.write(`${JSON.stringify({ file, mistakes: read.ok ? [] : read.mistakes })}\n`);
    return read.ok ? 0 : 1;
  }
  if (!read.ok) {
    process.stderr.write(`${describeMistakes(file, read.mistakes)}\n`);
    return 1;
  }
  const checked = fillHoles(textsFor(consoleLanguage()).config.good, { file });
  process.stdout.write(`${action === 'show' ? JSON.stringify(read.value, null, 2) : checked}\n`);
  return 0;
}
