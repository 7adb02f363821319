import { isFailure } from '#shared/failure.ts';
import { sentenceFor } from '#wire/sentences/sentence-for.ts';

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
  status: { about: 'what a machine is doing', load: () => import('./commands/status.ts') },
  journal: { about: 'verifies a machine’s journal', load: () => import('./commands/journal.ts') },
  config: { about: 'checks machine.yaml', load: () => import('./commands/config.ts') },
};

const usage = `usage: decant COMMAND [ARGUMENTS]

${Object.entries(commands)
  .map(([name, { about }]) => `  ${name.padEnd(13)}${about}`)
  .join('\n')}

decant COMMAND --help explains a command. Exit codes: 0 good, 1 failed, 2 used wrongly or something is missing.
`;

async function main([name = '--help', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`There is no command ${name}; decant --help lists them.\n`);
    return 2;
  }
  const { help, run } = await command.load();
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help);
    return 0;
  }
  return run(args);
}

const missing = ['usage/wrong', 'config/package-missing', 'token/missing', 'config/invalid', 'config/port-taken'];

/** One sentence on stderr for a person; the exit code for a program. */
function explain(error: unknown): number {
  if (isFailure(error)) {
    const language = (process.env['LANG'] ?? '').startsWith('de') ? 'de' : 'en';
    const { what, todo } = sentenceFor(language, error.code, error.facts);
    process.stderr.write(`${what} ${todo} [${error.code}]\n`);
    return missing.includes(error.code) ? 2 : 1;
  }
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    process.stderr.write(`${error.message} --help explains.\n`);
    return 2;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
