#!/usr/bin/env node
import { join } from 'node:path';
import { root } from './setup/place.mjs';
import { say } from './setup/progress.mjs';
import { ownEnvironment, runInstead } from './setup/run.mjs';
import { presentNode } from './setup/toolchain.mjs';

/** The `decant` command: hands over to the pinned Node, which runs the TypeScript sources and lets no signal open a debugger. */
const toolchain = presentNode();
if (toolchain === null) {
  say(`set-up is not complete: run \`node src/cli/bootstrap.mjs setup\` in ${root} first.`);
  process.exitCode = 2;
} else {
  const main = join(root, 'src', 'cli', 'main.ts');
  process.exitCode = await runInstead(
    toolchain.node,
    ['--disable-sigusr1', main, ...process.argv.slice(2)],
    ownEnvironment(),
  );
}
