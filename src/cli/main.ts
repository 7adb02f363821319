import { Failure } from '#shared/failure.ts';
import { explain } from './console/explain.ts';
import { consoleLanguage } from './console/language.ts';

interface Command {
  readonly help: string;
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** Each command is loaded only when it is called: most need not load a token module or a database. */
const commands: Readonly<Record<string, { readonly about: string; load(): Promise<Command> }>> = {
  demo: { about: 'a whole demo machine (npm start)', load: () => import('./commands/demo.ts') },
  cell: { about: 'the trusted process of a machine', load: () => import('./commands/cell.ts') },
  desk: { about: 'the network process of a machine', load: () => import('./commands/desk.ts') },
  marketplace: { about: 'the reference marketplace', load: () => import('./commands/marketplace.ts') },
  provision: { about: 'brings a machine into service', load: () => import('./commands/provision.ts') },
  decommission: { about: 'takes a machine out of service', load: () => import('./commands/decommission.ts') },
  recipe: { about: 'seals, shows and verifies recipes', load: () => import('./commands/recipe.ts') },
  maker: { about: 'roots, class keys and certificates of a machine maker', load: () => import('./commands/maker.ts') },
  doctor: { about: 'looks for what is wrong with a machine', load: () => import('./commands/doctor.ts') },
  token: { about: 'what a token can really do', load: () => import('./commands/token.ts') },
  status: { about: 'what a machine is doing', load: () => import('./commands/status.ts') },
  licences: { about: 'uses that lie in the machine; buys some ahead', load: () => import('./commands/licences.ts') },
  pump: { about: 'keeps the lines: prime, clean, calibrate', load: () => import('./commands/pump.ts') },
  stock: { about: 'what the bottles hold; waste', load: () => import('./commands/stock.ts') },
  journal: { about: 'verifies a machine’s journal', load: () => import('./commands/journal.ts') },
  'memory-scan': {
    about: 'counts byte strings in a process’s memory',
    load: () => import('./commands/memory-scan.ts'),
  },
  config: { about: 'checks machine.yaml', load: () => import('./commands/config.ts') },
};

const usage = `usage: decant COMMAND [ARGUMENTS]

${Object.entries(commands)
  .map(([name, { about }]) => `  ${name.padEnd(13)}${about}`)
  .join('\n')}

decant COMMAND --help explains a command. Exit codes: 0 good, 1 failed, 2 used wrongly or something is missing.
`;

async function main([name = '--help', ...args]: readonly string[]): Promise<number> {
  if (['--help', '-h', 'help'].includes(name)) {
    process.stdout.write(usage);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    throw new Failure('usage/argument-unknown', { argument: name });
  }
  const { help, run } = await command.load();
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help);
    return 0;
  }
  return run(args);
}

function fail(error: unknown): number {
  const told = explain(error, consoleLanguage());
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(told?.text ?? `${stack}\n`);
  return told?.exitCode ?? 1;
}

// a reader that has seen enough (`| head`) is no failure of ours
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await main(process.argv.slice(2)).catch(fail);
