import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { usualPorts } from '#cli/demo/demo-ports.ts';
import { importRules } from '../lint/import-table.ts';
import { root } from '../run/program.ts';

const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'tests/README.md',
  'firmware-bridge/HARDWARE.md',
  'firmware-bridge/SAFETY.md',
];
const decisions = globSync('src/decisions/*.md', { cwd: root }).toSorted();
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

const folders = 'src|recipes|hsm|firmware-bridge|systemd|tests';
const paths = new RegExp(
  `(?:^|[\\s\`(])((?:${folders})/[\\w./*-]*|[A-Z]+\\.md|package(?:-lock)?\\.json)(?=[\`\\s),;:]|\\.\\s|\\.$|$)`,
  'gm',
);

/** Files and folders of ours that a document names. */
function named(document: string): string[] {
  const prose = text(document).replaceAll(/^ {4,}.*--class-key.*$/gm, '');
  return [...new Set([...prose.matchAll(paths)].map((found) => (found[1] ?? '').replace(/\.$/, '')))];
}

function exists(path: string): boolean {
  return path.includes('*') ? globSync(path, { cwd: root }).length > 0 : existsSync(join(root, path));
}

/** Every `decant …` and `npm …` in backticks or in an indented block. */
function commandsIn(document: string): string[] {
  const marked = [...text(document).matchAll(/`((?:npx )?decant [^`]+|npm [^`]+)`/g)].map((found) => found[1] ?? '');
  const blocks = [...text(document).matchAll(/^ {4,}((?:npx decant|npm) .+)$/gm)].map((found) => found[1] ?? '');
  return [...marked, ...blocks].map((command) =>
    command
      .replace(/\s+#.*$/, '')
      .replace(/^npx /, '')
      .trim(),
  );
}

describe.each([...documents, ...decisions])('%s', (document) => {
  test('names only files that exist', () => {
    expect(named(document).filter((path) => !exists(path))).toEqual([]);
  });

  test('links only to what exists', () => {
    const links = [...text(document).matchAll(/\]\(([^)#]+)\)/g)].map((found) => found[1] ?? '');
    const ours = links.filter((link) => !link.includes('://'));
    expect(ours.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });
});

describe('README.md', () => {
  test('has the ports and options of the demonstration', () => {
    const rows = [...text('README.md').matchAll(/^\| (\d+) \|[^|]+\| `--([a-z]+)-port` \|$/gm)];
    expect(Object.fromEntries(rows.map(([, port, name]) => [name, Number(port)]))).toEqual(usualPorts);
  });

  test('names only commands that exist', () => {
    const main = text('src/cli/main.ts');
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    const unknown = commandsIn('README.md').filter((command) => {
      const [program = '', first = '', second = ''] = command.split(/\s+/);
      if (program === 'npm') return !((first === 'run' ? second : first) in scripts);
      return !new RegExp(`^ {2}'?${first}'?: \\{`, 'm').test(main);
    });
    expect(unknown).toEqual([]);
  });

  test.each(['recipe', 'maker', 'journal', 'config', 'provision'])('names each action of decant %s', (command) => {
    const help = text(`src/cli/commands/${command}.ts`);
    const actions = commandsIn('README.md')
      .map((line) => line.split(/\s+/))
      .filter(([program, name]) => program === 'decant' && name === command)
      .map(([, , action = '']) => action)
      // a command by itself, or with an option
      .filter((action) => action !== '' && !action.startsWith('--'));
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(help).toContain(`'${action}'`);
  });

  test('shows pictures that load quickly', () => {
    const pictures = [...text('README.md').matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map((found) => found[1] ?? '');
    expect(pictures.length).toBeGreaterThan(0);
    for (const picture of pictures) {
      const bytes = readFileSync(join(root, picture));
      expect(bytes.length).toBeLessThan(300_000);
      expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
    }
  });
});

describe('ARCHITECTURE.md', () => {
  test('has a row for each folder of the import table', () => {
    const rows = [...text('ARCHITECTURE.md').matchAll(/^\| `([\w/-]+)\/` \|/gm)].map((found) => found[1] ?? '');
    const ruled = importRules.flatMap(({ name = '' }) =>
      name.endsWith('-imports') ? [name.replace(/-imports$/, '')] : [],
    );
    const present = ruled.filter((rule) => rule !== 'src-screen-studio');
    expect(present.filter((rule) => !rows.map((row) => row.replaceAll('/', '-')).includes(rule))).toEqual([]);
  });

  test('lists every decision', () => {
    expect(decisions.filter((decision) => !text('ARCHITECTURE.md').includes(decision))).toEqual([]);
  });
});

describe('SECURITY.md', () => {
  test('answers 27 threats, each by a test that exists or by what is missing', () => {
    const rows = [...text('SECURITY.md').matchAll(/^\| (\d+) \| (.+) \| (.+) \| (.+) \|$/gm)];
    expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: 27 }, (_none, i) => i + 1));
    for (const [row, , , , shown = ''] of rows) expect(row, shown).toMatch(/\.test\.ts`|not yet|said above/);
  });
});

describe.each(decisions)('%s', (decision) => {
  test('says context, choice and why not the others, with its date', () => {
    expect(text(decision)).toMatch(
      /^# \d{4} .+\n\n\d{4}-\d\d-\d\d\n\n## Context\n[^]+\n## Choice\n[^]+\n## Why not the others\n/,
    );
  });
});
