import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDependencies } from './setup/dependencies.mjs';
import { pins, root } from './setup/place.mjs';
import { SetupStop, say } from './setup/progress.mjs';
import { ownEnvironment, runInstead } from './setup/run.mjs';
import { ensureScreen } from './setup/screen.mjs';
import { ensureSystemPackages } from './setup/system-packages.mjs';
import { ensureToolchain, presentNode } from './setup/toolchain.mjs';
import { inTurn } from './setup/turn.mjs';

const oldestNode = 18;

/** Each command: what it starts once all is there, and whether it shows the touchscreen pages. */
const commands = {
  demo: { entry: ['src/cli/main.ts', 'demo'], pages: true, about: 'a whole demo machine with its marketplace' },
  test: { entry: ['tests/run/test.ts'], pages: true, about: 'everything that must pass before a change lands' },
  check: { entry: ['tests/run/check.ts'], about: 'types, lint, import rules, format' },
  bench: { entry: ['tests/run/bench.ts'], about: 'benchmarks' },
  slow: { entry: ['tests/run/slow.ts'], pages: true, about: 'tests on a pristine system, unit files' },
  hardware: { entry: ['tests/run/hardware.ts'], about: 'firmware in an emulator, GPIO on a virtual kernel' },
  long: { entry: ['tests/run/long.ts'], about: 'the long random runs' },
  mutants: { entry: ['tests/run/mutants.ts'], about: 'plants bugs and says which test finds each' },
  setup: { entry: null, pages: true, about: 'only gets what is missing' },
};

const help = `usage: node src/cli/bootstrap.mjs COMMAND [ARGUMENTS]

Gets what is missing on this machine (Node ${pins.node.version}, npm ${pins.npm.version}, system packages, the packages
of package-lock.json, the touchscreen pages), saying what it installs, then runs COMMAND. Arguments go to the command:
npm start -- --once

${Object.entries(commands)
  .map(([name, { about }]) => `  ${name.padEnd(10)}${about}`)
  .join('\n')}

Exit codes: 0 good, 1 failed, 2 used wrongly or something is missing.
`;

async function main([name = '--help', ...args]) {
  if (name === '--help' || name === '-h') {
    process.stdout.write(help);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new SetupStop(`There is no command ${name}; --help lists them.`, 2);
  // the demo explains itself once it can run
  if (args[0] === '--help' && (name !== 'demo' || presentNode() === null)) return main(['--help']);
  if (Number(process.versions.node.split('.')[0]) < oldestNode) {
    throw new SetupStop(`Node ${process.versions.node} is too old to start from: ${oldestNode} or newer is needed.`, 2);
  }
  await ensureSystemPackages(name);
  const toolchain = await inTurn(() => prepare(name, command));
  if (command.entry === null) return 0;
  const [entry, ...first] = command.entry;
  if (!existsSync(join(root, entry))) throw new SetupStop(`This checkout has no ${entry}.`, 2);
  return runInstead(toolchain.node, [join(root, entry), ...first, ...args], commandEnvironment(toolchain));
}

async function prepare(name, command) {
  const toolchain = await ensureToolchain({ pinned: name === 'setup' });
  await ensureDependencies(toolchain);
  if (command.pages) await ensureScreen(toolchain);
  return toolchain;
}

function commandEnvironment({ node }) {
  const env = ownEnvironment();
  return { ...env, PATH: `${join(node, '..')}:${env.PATH ?? ''}` };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const stop = stopOf(error);
  if (stop.detail) process.stderr.write(stop.detail.endsWith('\n') ? stop.detail : `${stop.detail}\n`);
  say(stop.message);
  process.exitCode = stop.exitCode;
}

function stopOf(error) {
  if (error instanceof SetupStop) return error;
  if (!['EACCES', 'EROFS', 'ENOSPC'].includes(error.code)) throw error;
  return new SetupStop(`Could not write ${error.path ?? root} (${error.code}): free it, or run this as its owner.`, 2);
}
