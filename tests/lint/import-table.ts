import type { IForbiddenRuleType } from 'dependency-cruiser';

// what the types of src/wire are made of; it runs in a page as it does in Node
const plainShared = 'src/shared/(units|failure|failure-codes)\\.ts$';

/** Folders of ours, each with what its product files may import besides themselves (the table of ARCHITECTURE.md). */
const table: readonly { readonly folder: string; readonly may: readonly string[] }[] = [
  { folder: 'src/shared', may: [] },
  { folder: 'src/wire', may: ['src/shared/'] },
  { folder: 'recipes', may: ['src/shared/', 'src/wire/'] },
  { folder: 'hsm', may: ['src/shared/'] },
  { folder: 'firmware-bridge', may: ['src/shared/'] },
  { folder: 'src/payment', may: ['src/shared/', 'src/wire/'] },
  { folder: 'src/cell', may: ['src/shared/', 'src/wire/', 'recipes/', 'hsm/', 'firmware-bridge/'] },
  {
    folder: 'src/desk',
    may: [
      'src/shared/',
      'src/wire/',
      'src/payment/',
      'recipes/manifest[^/]*(/|\\.ts$)',
      'recipes/feasibility[^/]*(/|\\.ts$)',
    ],
  },
  {
    folder: 'src/marketplace',
    may: ['src/shared/', 'src/wire/', 'src/payment/', 'hsm/', 'recipes/manifest[^/]*(/|\\.ts$)'],
  },
  { folder: 'src/maker', may: ['src/shared/', 'src/wire/', 'recipes/', 'hsm/'] },
  { folder: 'src/screen', may: ['src/wire/', plainShared] },
  {
    folder: 'src/screen/studio',
    may: ['src/wire/', plainShared, 'src/screen/', 'recipes/seal[^/]*(/|\\.ts$)', 'recipes/manifest[^/]*(/|\\.ts$)'],
  },
];

const ours = '^(src|recipes|hsm|firmware-bridge|tests)/';
// `testing/` beside a part holds what its tests share
const testFiles = '(\\.test\\.tsx?$|^tests/|/testing/)';
const compositionRoots = '((^|/)main\\.ts$|^src/cli/|^src/shared/node/)';
const adapters = [
  'src/shared/node/',
  'src/desk/(broker-link|node-https-client|node-tls-key)\\.ts$',
  'src/marketplace/(courier/mqtt-broker|database/(pglite|postgres)-database)\\.ts$',
]
  .map((path) => `^${path}`)
  .join('|');
const pagesTools = '^src/screen/';
const demo = '^src/cli/demo';

/** What a folder's product files must never reach, not even through files that they may import. */
const unreachable: IForbiddenRuleType[] = [
  {
    name: 'desk-never-reaches-secrets',
    comment: 'desk has the network; token, opener and outputs belong to the cell: ask it through the cell API',
    severity: 'error',
    from: { path: '^src/desk/', pathNot: testFiles },
    to: { path: '^(hsm|firmware-bridge|src/cell)/|^recipes/(open|record|piece)[^/]*(/|\\.ts$)', reachable: true },
  },
  {
    name: 'marketplace-never-reaches-the-opener',
    comment: 'the marketplace sells licences; it never opens a recipe',
    severity: 'error',
    from: { path: '^src/marketplace/', pathNot: testFiles },
    to: { path: '^recipes/(open|record)[^/]*(/|\\.ts$)', reachable: true },
  },
];

/** Every rule of the import table, for dependency-cruiser; each break is reported under its rule's name. */
export const importRules: IForbiddenRuleType[] = [
  ...table.map(folderRule),
  ...unreachable,
  {
    name: 'product-never-imports-tests',
    comment: 'what tests and product share belongs to the product',
    severity: 'error',
    from: { pathNot: testFiles },
    to: { path: testFiles },
  },
  {
    name: 'adapters-only-in-composition-roots',
    comment: 'take the port (Clock, Entropy, Disk, Log, Broker …) as a parameter; main.ts passes the adapter in',
    severity: 'error',
    from: { pathNot: `${compositionRoots}|${testFiles}` },
    to: { path: adapters },
  },
  {
    name: 'sentences-are-for-people',
    comment: 'throw a Failure with a code; screen, desk, cli and the gateway turn it into a sentence',
    severity: 'error',
    from: { path: ours, pathNot: `^src/(screen|desk|cli|wire/sentences|marketplace/gateway)/|${testFiles}` },
    to: { path: '^src/wire/sentences/' },
  },
  {
    name: 'no-cycles',
    comment: 'two files that need one another are one file, or lack a third',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'only-the-executor-of-drinks-knows-their-records',
    comment: 'what is the same for all classes of machines asks the layout of its class (recipes/record-layout.ts)',
    severity: 'error',
    from: {
      path: '^src/',
      pathNot: `^src/cell/(executor|planner)/|^src/cell/machine-model\\.ts$|${testFiles}`,
    },
    to: { path: '^recipes/record\\.ts$' },
  },
  onlyIn('only-hsm-imports-pkcs11js', '^hsm/', 'pkcs11js'),
  onlyIn('only-firmware-bridge-imports-serialport', '^firmware-bridge/', '(serialport|@serialport/[^/]+)'),
  onlyIn('only-firmware-bridge-imports-onoff', '^firmware-bridge/', 'onoff'),
  {
    name: 'no-development-packages-in-product',
    comment: 'a machine is installed without development packages; only pages (built ahead) and the demo may use them',
    severity: 'error',
    from: { path: ours, pathNot: `${pagesTools}|${demo}|${testFiles}` },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-unnamed-packages',
    comment: 'name the package in package.json before importing it',
    severity: 'error',
    from: { path: ours },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'imports-resolve',
    comment: 'the imported file or package does not exist',
    severity: 'error',
    from: { path: ours },
    to: { couldNotResolve: true },
  },
];

function folderRule({ folder, may }: { folder: string; may: readonly string[] }): IForbiddenRuleType {
  const deeper = table.filter((other) => other.folder.startsWith(`${folder}/`)).map((other) => `^${other.folder}/`);
  const allowed = [`${folder}/`, ...may].map((path) => `^${path}`).join('|');
  return {
    name: `${folder.replaceAll('/', '-')}-imports`,
    comment: may.length === 0 ? 'imports nothing of ours' : `imports of ours only: ${may.join(', ')}`,
    severity: 'error',
    from: { path: `^${folder}/`, pathNot: [testFiles, ...deeper].join('|') },
    to: { path: ours, pathNot: `${allowed}|${testFiles}` },
  };
}

function onlyIn(name: string, folder: string, packageName: string): IForbiddenRuleType {
  return {
    name,
    comment: 'this package has one home; ask through its port',
    severity: 'error',
    from: { path: ours, pathNot: `${folder}|${testFiles}` },
    to: { path: `(^|/)node_modules/${packageName}/|^${packageName}$` },
  };
}
