import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../run/program.ts';
import { checkImports, type ImportBreak } from './imports.ts';

/** A small tree of its own: every file with what it imports. What breaks no rule stands beside what breaks one. */
const planted: Readonly<Record<string, readonly string[]>> = {
  'src/shared/units.ts': [],
  'src/shared/log.ts': [],
  'src/shared/node/system-clock.ts': ['#shared/units.ts'],
  'src/wire/cell-api.ts': ['#shared/units.ts'],
  'src/wire/sentences/en.ts': [],
  'recipes/manifest.ts': ['#wire/cell-api.ts'],
  'recipes/open.ts': ['./manifest.ts'],
  'recipes/record.ts': [],
  'src/cell/executor/run.ts': ['#recipes/record.ts'],
  'recipes/feasibility.ts': ['./manifest.ts'],
  'hsm/session.ts': ['pkcs11js', '#shared/units.ts'],
  'firmware-bridge/port.ts': ['serialport', 'onoff'],
  'src/cell/pour.ts': ['#recipes/open.ts', '#hsm/session.ts', '#firmware-bridge/port.ts'],
  'src/cell/main.ts': ['./pour.ts', '#shared/node/system-clock.ts'],
  'src/desk/order.ts': ['#recipes/manifest.ts', '#recipes/feasibility.ts', '#wire/sentences/en.ts'],
  'src/desk/testing/world.ts': ['#hsm/session.ts', '#shared/node/system-clock.ts', '#tests/twin.ts'],
  'src/desk/order.test.ts': ['./order.ts', '#hsm/session.ts', 'vitest'],
  'src/desk/broker-link.ts': ['mqtt'],
  'src/desk/main.ts': ['./broker-link.ts'],
  'src/screen/page.ts': ['#wire/cell-api.ts', '#shared/units.ts', 'preact'],
  'src/screen/studio/seal-page.ts': ['../page.ts', '#recipes/manifest.ts'],
  'src/cli/demo/chain.ts': ['bcoin'],
  // breaks
  'src/shared/broken.ts': ['#wire/cell-api.ts'],
  'recipes/broken.ts': ['#cell/pour.ts'],
  'src/desk/broken.ts': ['#hsm/session.ts'],
  'src/payment/hub.ts': ['#wire/cell-api.ts'],
  'src/desk/roundabout.ts': ['./hidden.test.ts'],
  'src/desk/hidden.test.ts': ['#recipes/open.ts'],
  'src/marketplace/broken.ts': ['#recipes/open.ts'],
  'src/screen/broken.ts': ['#recipes/manifest.ts'],
  'src/screen/log.ts': ['#shared/log.ts'],
  'src/cell/broken.ts': ['#shared/node/system-clock.ts', '#wire/sentences/en.ts', '#tests/twin.ts'],
  'src/cell/token.ts': ['pkcs11js'],
  'src/cell/peek.ts': ['#recipes/record.ts'],
  'src/desk/post.ts': ['./broker-link.ts'],
  'src/desk/rehearsal.ts': ['./testing/world.ts'],
  'src/cell/wire.ts': ['serialport', 'onoff'],
  'src/cell/round.ts': ['./about.ts'],
  'src/cell/about.ts': ['./round.ts'],
  'src/cell/developer.ts': ['fast-check'],
  'src/cell/lost.ts': ['./nowhere.ts'],
  'tests/twin.ts': ['#cell/pour.ts', '#hsm/session.ts'],
};

describe('the import table', () => {
  let folder: string;
  let breaks: ImportBreak[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'decant-imports-'));
    for (const [path, imports] of Object.entries(planted)) plant(folder, path, imports);
    for (const file of ['package.json', 'tsconfig.json']) cpSync(join(root, file), join(folder, file));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const report = await checkImports(folder);
    expect(report.unread).toEqual([]);
    expect(report.files).toBe(Object.keys(planted).length);
    breaks = report.breaks;
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['src-shared-imports', 'src/shared/broken.ts'],
    ['recipes-imports', 'recipes/broken.ts'],
    ['src-desk-imports', 'src/desk/broken.ts'],
    ['desk-never-reaches-secrets', 'src/desk/roundabout.ts'],
    ['product-never-imports-tests', 'src/desk/roundabout.ts'],
    ['src-marketplace-imports', 'src/marketplace/broken.ts'],
    ['marketplace-never-reaches-the-opener', 'src/marketplace/broken.ts'],
    ['only-the-executor-of-drinks-knows-their-records', 'src/cell/peek.ts'],
    ['src-screen-imports', 'src/screen/broken.ts'],
    ['src-screen-imports', 'src/screen/log.ts'],
    ['adapters-only-in-composition-roots', 'src/cell/broken.ts'],
    ['adapters-only-in-composition-roots', 'src/desk/post.ts'],
    ['sentences-are-for-people', 'src/cell/broken.ts'],
    ['product-never-imports-tests', 'src/cell/broken.ts'],
    ['product-never-imports-tests', 'src/desk/rehearsal.ts'],
    ['only-hsm-imports-pkcs11js', 'src/cell/token.ts'],
    ['only-firmware-bridge-imports-serialport', 'src/cell/wire.ts'],
    ['only-firmware-bridge-imports-onoff', 'src/cell/wire.ts'],
    ['no-cycles', 'src/cell/about.ts'],
    ['no-development-packages-in-product', 'src/cell/developer.ts'],
    ['imports-resolve', 'src/cell/lost.ts'],
  ])('%s is broken by %s', (rule, from) => {
    expect(breaks.filter((found) => found.rule === rule).map((found) => found.from)).toContain(from);
  });

  test('nothing but the planted breaks is reported', () => {
    const breaking = Object.keys(planted).slice(Object.keys(planted).indexOf('src/shared/broken.ts'));
    expect(breaks.map((found) => found.from).filter((from) => !breaking.includes(from))).toEqual([]);
  });
});

function plant(folder: string, path: string, imports: readonly string[]): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${imports.map((name) => `import '${name}';\n`).join('')}export const name = '${path}';\n`);
}
