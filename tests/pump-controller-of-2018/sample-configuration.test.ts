import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '#shared/config.ts';
import { decant, temporaryFolder } from '#tests/cli/decant.ts';
import { root } from '#tests/run/program.ts';
import { sampleYaml } from '#tests/support/sample-yaml.ts';
import { machineConfig } from '#wire/machine-config.ts';

/** 2018: the sample configuration of the repository ends the pump controller at once: it names an option that does not exist. */
describe('a configuration that is shown as an example', () => {
  it('of the demonstration is good, by the command that a technician uses', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'machine.yaml');
    await writeFile(file, sampleYaml());
    expect(await decant(['config', 'check', '--file', file])).toMatchObject({
      code: 0,
      out: `${file}: good\n`,
      err: '',
    });
  });

  it.each(wholeConfigurations())('in %s is good', (_, text) => {
    const read = readConfig(text, machineConfig);
    expect(read.ok ? [] : read.mistakes).toEqual([]);
  });

  it('with an option that does not exist is refused by name and line, and nothing aborts', () => {
    const read = readConfig(`${sampleYaml()}webSocketPort: 9002\n`, machineConfig);
    expect(read).toMatchObject({ ok: false, mistakes: [{ path: 'webSocketPort', expected: 'no such key here' }] });
  });
});

/** Every whole `machine.yaml` of the repository: files of that name, and blocks of documents that begin with `machine:`. */
function wholeConfigurations(): [string, string][] {
  const options = { cwd: root, exclude: (name: string) => name === 'node_modules' || name.startsWith('.') };
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const files = globSync('**/*machine*.yaml', options).map((path): [string, string] => [path, read(path)]);
  const blocks = globSync('**/*.md', options).flatMap((path) =>
    [...read(path).matchAll(/^```yaml\n(?:#.*\n)*(machine:\n[^]+?)^```$/gm)].map(([, text = '']): [string, string] => [
      path,
      text,
    ]),
  );
  return [...files, ...blocks];
}
