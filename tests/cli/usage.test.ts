import { describe, test } from 'vitest';
import { decant } from './decant.ts';

const commands = [
  'demo',
  'cell',
  'desk',
  'marketplace',
  'provision',
  'decommission',
  'recipe',
  'maker',
  'doctor',
  'token',
  'status',
  'licences',
  'pump',
  'stock',
  'journal',
  'memory-scan',
  'config',
];

describe.concurrent('the command line', () => {
  test('lists every command without an argument', async ({ expect }) => {
    const { code, out } = await decant([]);
    expect(code).toBe(0);
    for (const command of commands) expect(out).toContain(`\n  ${command} `);
  });

  test.for(commands)('explains %s', async (command, { expect }) => {
    const { code, out, err } = await decant([command, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^usage: /);
  });

  test.for([
    [['frobnicate'], 'usage/argument-unknown', 'frobnicate'],
    [['status', '--frobnicate'], 'usage/option-unknown', '--frobnicate'],
    [['status', 'now'], 'usage/argument-unknown', 'now'],
    [['status', '--state'], 'usage/option-missing', '--state'],
    [['licences', 'sell'], 'usage/argument-unknown', 'sell'],
    [['licences', 'buy'], 'usage/option-missing', 'SLUG'],
    [['licences', 'buy', 'beach-day'], 'usage/option-missing', '--uses'],
    [['licences', 'buy', 'beach-day', '--uses', '17'], 'usage/option-wrong', '--uses'],
    [['licences', 'buy', 'beach-day', '--uses', '2', '--from', 'today'], 'usage/option-wrong', '--from'],
    [['licences', 'buy', 'beach-day', '--uses', '2'], 'usage/option-missing', '--yes'],
    [['pump'], 'usage/option-missing', 'test / prime'],
    [['pump', 'melt'], 'usage/argument-unknown', 'melt'],
    [['pump', 'prime'], 'usage/option-missing', 'LINE'],
    [['pump', 'prime', '65'], 'usage/option-wrong', '65'],
    [['pump', 'prime', '1', '--ml', 'much'], 'usage/option-wrong', 'much'],
    [['pump', 'prime', '1', '--ml', '0'], 'usage/option-wrong', '--ml'],
    [['pump', 'clean', '1', '--contact', '7201'], 'usage/option-wrong', '--contact'],
    [['pump', 'clean', '1', '--by-hand'], 'usage/option-missing', '--product'],
    [['pump', 'calibrate'], 'usage/option-missing', 'LINE'],
    [['pump', 'calibrate', '1', '2'], 'usage/argument-unknown', '2'],
    [['pump', 'calibrate', '1', '--repeat', '2'], 'usage/option-wrong', '--repeat'],
    [['pump', 'test', '1', '--who', ''], 'usage/option-wrong', '--who'],
    [['stock', 'melt'], 'usage/argument-unknown', 'melt'],
    [['stock', 'set'], 'usage/option-missing', 'LINE'],
    [['stock', 'set', '1'], 'usage/option-missing', 'ML'],
    [['stock', 'waste', '1'], 'usage/argument-unknown', '1'],
    [['journal'], 'usage/option-missing', 'verify'],
    [['journal', 'mend'], 'usage/argument-unknown', 'mend'],
    [['journal', 'verify', '--file', '/does/not/exist'], 'file/unreadable', '/does/not/exist'],
    [['token'], 'usage/option-missing', 'report'],
    [['token', 'melt'], 'usage/argument-unknown', 'melt'],
    [['token', 'report', '--state', '/does/not/exist'], 'file/unreadable', 'ENOENT'],
    [['config', 'edit'], 'usage/argument-unknown', 'edit'],
    [['config', 'check', '--state', '/does/not/exist'], 'file/unreadable', 'ENOENT'],
    [['decommission', 'now'], 'usage/argument-unknown', 'now'],
    [['marketplace', 'melt'], 'usage/argument-unknown', 'melt'],
    [['marketplace', 'release', '--machine', 'Ä'], 'usage/option-wrong', '--machine'],
    [['marketplace', 'release', '--machine', 'm', '--person', 'Ada'], 'usage/option-missing', '--reason'],
    [['marketplace', 'succeed', '--machine', 'm'], 'usage/option-missing', '--heir'],
    [['marketplace', 'decommission', '--in', '/does/not/exist'], 'file/unreadable', '/does/not/exist'],
    [['marketplace', '--state', '/does/not/exist', '--port', 'many'], 'usage/option-wrong', 'many'],
    [['demo', '--touchscreen-port', '70000'], 'usage/option-wrong', '70000'],
    [['demo', '--speed', '0'], 'usage/option-wrong', '--speed'],
    [['cell', '--state', '/does/not/exist'], 'usage/option-missing', '--pin'],
    [['memory-scan', '--hex', '0102'], 'usage/option-missing', '--pid'],
    [['memory-scan', '--pid', '1'], 'usage/option-missing', '--hex'],
    [['memory-scan', '--pid', '1', '--hex', '0x01'], 'usage/option-wrong', '--hex'],
    [['memory-scan', '--pid', '999999999', '--hex', '0102'], 'memory/no-process', '999999999'],
    [['provision', 'request'], 'usage/option-missing', '--machine-folder'],
    [['recipe'], 'usage/option-missing', 'inspect'],
    [['recipe', 'open'], 'usage/argument-unknown', 'open'],
    [['recipe', 'inspect'], 'usage/option-missing', 'FILE.tdr'],
    [['recipe', 'inspect', 'a', 'b'], 'usage/argument-unknown', 'b'],
    [['maker', 'class-key', 'melt'], 'usage/argument-unknown', 'melt'],
    [['maker', 'class-key', 'new', '--class', 'demo-x', '--epoch', '0', '--out', 'x'], 'usage/option-wrong', '--epoch'],
    [['maker', 'class-key', 'new', '--class', 'demo x', '--out', 'x'], 'usage/option-wrong', 'demo x'],
    [['maker', 'enrol', '--machine', 'm', '--token', 'paper'], 'usage/option-wrong', 'paper'],
    [['maker', 'enrol', '--machine', 'Ä'], 'usage/option-wrong', '--machine'],
  ] as const)('%j is refused with exit code 2 and one line', async ([args, code, named], { expect }) => {
    const ended = await decant(args);
    expect(ended.code).toBe(2);
    const lines = ended.err.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(named);
    expect(lines[0]).toMatch(new RegExp(`\\[${code}[\\]:]`));
  });

  test('speaks German when the terminal does', async ({ expect }) => {
    const { err } = await decant(['status', '--frobnicate'], { env: { LANG: 'de_AT.UTF-8' } });
    expect(err).toBe('Eine Option --frobnicate gibt es nicht. Siehe --help. [usage/option-unknown]\n');
  });

  test('says that no cell answers, with exit code 1', async ({ expect }) => {
    const { code, err, out } = await decant(['status', '--state', '/does/not/exist', '--json']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('[machine/cell-unreachable]');
  });
});
