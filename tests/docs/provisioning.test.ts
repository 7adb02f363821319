import { describe, expect, test } from 'vitest';
import { help as makerHelp } from '#cli/commands/maker.ts';
import { help as provisionHelp } from '#cli/commands/provision.ts';
import { makerOptions } from '#cli/maker/options.ts';
import { provisionOptions } from '#cli/provisioning/options.ts';
import { sequences } from '#cell/provisioning/sequence.ts';
import { ceremonyCommands, ceremonyText } from './ceremony.ts';

const commands = ['The ceremony', 'By EST', 'In service'].flatMap(ceremonyCommands);

describe('hsm/PROVISIONING.md', () => {
  test('has a row for each step of the ceremony, in its order', () => {
    const rows = [...ceremonyText().matchAll(/^\| ([a-z-]+) \| .+ \| .*\|$/gm)].map(([, step]) => step);
    expect(rows.filter((step) => step !== 'step' && step !== 'token-class')).toEqual(
      expect.arrayContaining([...sequences.machine]),
    );
    expect(rows.slice(rows.indexOf('token'), rows.indexOf('read-back') + 1)).toEqual(sequences.machine);
  });

  test.each(commands.map((words) => [words.join(' '), words] as const))('names what exists: %s', (_line, words) => {
    const [command = '', action = ''] = words;
    const options = command === 'maker' ? makerOptions : provisionOptions;
    const help = command === 'maker' ? makerHelp : provisionHelp;
    expect(['maker', 'provision']).toContain(command);
    if (!action.startsWith('--')) expect(help).toContain(`decant ${command} ${action}`);
    for (const option of words.filter((word) => word.startsWith('--'))) {
      expect(Object.keys(options)).toContain(option.slice(2));
    }
  });
});
