import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TokenReport } from '#hsm/report/token-report.ts';
import { root, runProgram } from '../../run/program.ts';
import { DebianPackages } from './debian-packages.ts';
import { unable } from './report-on.ts';

let packages: DebianPackages;
const scratch = mkdtempSync(join(tmpdir(), 'decant-ock-'));

beforeAll(async () => {
  packages = await DebianPackages.get('opencryptoki', 'libopencryptoki0');
});
afterAll(() => {
  packages[Symbol.dispose]();
  rmSync(scratch, { recursive: true, force: true });
});

test('a report calls opencryptoki unusable, because the keys it unwraps can be read', async () => {
  const libraries = packages.libraryPath();
  const script = join(import.meta.dirname, 'opencryptoki.sh');
  const command = [process.execPath, join(root, 'src', 'cli', 'main.ts'), 'token', 'report', '--json'];
  const namespaces = ['--mount', '--pid', '--ipc', '--fork', '--kill-child', '--mount-proc'];
  const module = join(libraries, 'opencryptoki', 'libopencryptoki.so.0');
  const inside = ['sh', script, join(packages.folder, 'root'), scratch, libraries, ...command, '--module', module];
  const { code, output } = await runProgram('unshare', namespaces.concat(inside));
  const line = output.split('\n').find((one) => one.startsWith('{"module"')) ?? '';
  expect({ code, output: line === '' ? output : '' }).toEqual({ code: 1, output: '' });
  const report = JSON.parse(line) as TokenReport;
  expect(report).toMatchObject({
    module: { row: 'opencryptoki 3.8', tried: true },
    verdict: { t: 'unusable', because: ['unwrapped-unreadable', 'sign-pkcs1', 'uses-enforced', 'parallel'] },
    differences: [],
    left: 0,
  });
  expect(unable(report)).toMatchObject({
    'unwrapped-unreadable': 'the value of a sensitive key can be read',
    'generate-p256': 'CKR_MECHANISM_INVALID',
    'open-gcm': 'CKR_MECHANISM_INVALID',
  });
});
