import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root, runNode } from '../run/program.ts';

interface Diagnostic {
  readonly message: string;
  readonly code: string;
  readonly filename: string;
  readonly help?: string;
}

const planted: Readonly<Record<string, string>> = {
  'src/cell/now.ts': 'export const now = (): number => Date.now();\n',
  'src/cell/dated.ts': 'export const dated = (): string => new Date(0).toISOString();\n',
  'src/desk/wait.ts': 'export const wait = (task: () => void): unknown => setTimeout(task, 1);\n',
  'src/desk/beat.ts': 'export const beat = (task: () => void): unknown => setInterval(task, 1);\n',
  'src/marketplace/dice.ts': 'export const dice = (): number => Math.random();\n',
  'src/payment/file.ts':
    "import { readFileSync } from 'node:fs';\nexport const file = (): Buffer => readFileSync('x');\n",
  'recipes/salt.ts': "import { randomBytes } from 'node:crypto';\nexport const salt = (): Buffer => randomBytes(1);\n",
  'hsm/pause.ts':
    "import { setTimeout as pause } from 'node:timers/promises';\nexport const nap = (): unknown => pause(1);\n",
  'src/desk/call.ts': "export const call = (): unknown => fetch('http://x');\n",
  'src/cell/environment.ts': "export const home = (): unknown => process.env['HOME'];\n",
  'src/desk/key.ts':
    "import { generateKeyPairSync } from 'node:crypto';\nexport const key = (): unknown => generateKeyPairSync('ed25519');\n",
  'src/desk/push.ts': "import mqtt from 'mqtt';\nexport const push = (): unknown => mqtt.connect('mqtt://x');\n",
  'src/cell/shell.ts':
    "import { spawn } from 'node:child_process';\nexport const shell = (): unknown => spawn('sh');\n",
  'src/marketplace/socket.ts':
    "import { connect } from 'node:net';\nexport const socket = (): unknown => connect(1);\n",
  'src/marketplace/typed.ts': "import type { Socket } from 'node:net';\nexport type Line = Socket;\n",
  'src/desk/broker-link.ts': "import mqtt from 'mqtt';\nexport const link = (): unknown => mqtt.connect('mqtt://x');\n",
  'src/cell/early.ts':
    'declare function open(): Disposable & { go(): Promise<void> };\nexport async function early(): Promise<void> {\n  using held = open();\n  return held.go();\n}\n',
  'src/cell/hash.ts':
    "import { createHash } from 'node:crypto';\nexport const hash = (): unknown => createHash('sha256');\n",
  'src/cell/main.ts': 'export const start = (): number => Date.now();\n',
  'src/cell/now.test.ts': 'export const inTest = (): number => Date.now();\n',
  'src/shared/node/system-clock.ts': 'export const systemNow = (): number => Date.now();\n',
  'src/desk/adrift.ts': 'async function work(): Promise<void> {}\nexport function adrift(): void {\n  work();\n}\n',
  'src/desk/anything.ts': 'export const anything = (value: any): unknown => value;\n',
  'src/desk/sure.ts': 'export const sure = (value?: string): string => value!;\n',
  'src/desk/nameless.ts': 'export default 1;\n',
  'src/desk/gap.ts':
    "export function gap(way: 'left' | 'right'): number {\n  switch (way) {\n    case 'left':\n      return 1;\n  }\n  return 2;\n}\n",
};

describe('the lint', () => {
  let folder: string;
  let found: Diagnostic[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'decant-lint-'));
    for (const [path, text] of Object.entries(planted)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    for (const shared of ['node_modules', 'tsconfig.json', 'package.json'])
      symlinkSync(join(root, shared), join(folder, shared));
    cpSync(join(root, 'tests', 'lint', 'oxlint.json'), join(folder, 'tests', 'lint', 'oxlint.json'));
    found = await lint(folder);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['src/cell/now.ts', 'no-restricted-globals', 'Take a Clock'],
    ['src/cell/dated.ts', 'no-restricted-globals', 'Take a Clock'],
    ['src/desk/wait.ts', 'no-restricted-globals', 'clock.after'],
    ['src/desk/beat.ts', 'no-restricted-globals', 'clock.after'],
    ['src/marketplace/dice.ts', 'no-restricted-properties', 'Take an Entropy'],
    ['src/payment/file.ts', 'no-restricted-imports', 'Take a Disk'],
    ['recipes/salt.ts', 'no-restricted-imports', 'Take an Entropy'],
    ['hsm/pause.ts', 'no-restricted-imports', 'pause(clock, delay)'],
    ['src/desk/call.ts', 'no-restricted-globals', 'adapter'],
    ['src/cell/environment.ts', 'no-restricted-globals', 'main.ts'],
    ['src/desk/key.ts', 'no-restricted-imports', 'Take an Entropy'],
    ['src/desk/push.ts', 'no-restricted-imports', 'adapter'],
    ['src/cell/shell.ts', 'no-restricted-imports', 'adapters'],
    ['src/marketplace/socket.ts', 'no-restricted-imports', 'adapter'],
    ['src/cell/early.ts', 'return-await', ''],
    ['src/desk/adrift.ts', 'no-floating-promises', ''],
    ['src/desk/anything.ts', 'no-explicit-any', ''],
    ['src/desk/sure.ts', 'no-non-null-assertion', ''],
    ['src/desk/nameless.ts', 'no-default-export', ''],
    ['src/desk/gap.ts', 'switch-exhaustiveness-check', ''],
  ])('%s breaks %s, and the message names the better way', (path, rule, better) => {
    const here = found.filter((diagnostic) => diagnostic.filename === path);
    expect(here.map((diagnostic) => diagnostic.code).join()).toContain(rule);
    expect(here.map(({ message, help }) => `${message} ${help ?? ''}`).join()).toContain(better);
  });

  test.each([
    'src/cell/hash.ts',
    'src/cell/main.ts',
    'src/cell/now.test.ts',
    'src/shared/node/system-clock.ts',
    'src/desk/broker-link.ts',
    'src/marketplace/typed.ts',
  ])('%s may do what it does', (path) => {
    expect(found.filter((diagnostic) => diagnostic.filename === path)).toEqual([]);
  });
});

async function lint(folder: string): Promise<Diagnostic[]> {
  const linter = join(root, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const { output } = await runNode(
    [linter, '-c', 'tests/lint/oxlint.json', '--type-aware', '-f', 'json', 'src', 'recipes', 'hsm'],
    { cwd: folder },
  );
  const report = JSON.parse(output) as { diagnostics: Diagnostic[] };
  return report.diagnostics;
}
