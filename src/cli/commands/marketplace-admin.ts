import { parseArgs } from 'node:util';
import { fromHex, hex } from '#shared/entropy.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { machineId } from '#wire/fields.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { readDer, readInput } from '../console/files.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, required, wholeOption } from '../console/options.ts';
import {
  type AdminAnswer,
  type AdminOperation,
  type AdminRequest,
  adminOperations,
  adminSocket,
} from '../marketplace/admin-api.ts';
import { askSocket } from '../service-client.ts';
import type { ConsoleTexts } from '../texts/console-texts.ts';
import { textsFor } from '../texts/texts.ts';

export const adminActions = [
  'machines',
  'release',
  'revoke',
  'claims',
  'grant-claim',
  'enrol',
  'decommission',
  'report-loss',
  'succeed',
] as const;
export type AdminAction = (typeof adminActions)[number];

/** Lines of usage, and what they mean. */
export const adminUsage = `       decant marketplace machines [--json]
       decant marketplace release --machine ID --person NAME --reason TEXT [--head HEX]
       decant marketplace revoke (--licence CTI | --machine ID | --author NAME --since TIME | --recipe HEX [--version N])
                          --person NAME --reason TEXT
       decant marketplace claims [--json]
       decant marketplace grant-claim --machine ID --kid HEX --person NAME --reason TEXT
       decant marketplace enrol --in CERT.der
       decant marketplace decommission --in FILE
       decant marketplace report-loss --machine ID --operator NAME --technician NAME --reason TEXT
       decant marketplace succeed --machine OLD --heir NEW`;

export const adminHelp = `What its operator decides about machines, asked of the marketplace that runs with the same --state:

  machines      where each stands; in quarantine, the head of each journal that reports
  release       ends a quarantine; --head names the journal that goes on by its first digits (decant status shows them)
  revoke        calls a licence, a machine, an author's recipes (in licences issued since then) or a recipe back
  claims        spoilt uses that were not licensed again: above the cap of a day, or of drinks that had begun
  grant-claim   licenses one of them again; --kid names it by its first digits
  enrol         takes a machine in by its certificate (LDevID)
  decommission  takes a machine's last word that came by hand (decant decommission --out)
  report-loss   retires a machine whose token is dead or gone; two people say so
  succeed       gives what a retired machine left, unspent uses and balance, to the machine that follows it
`;

const options = {
  state: { type: 'string' },
  json: { type: 'boolean', default: false },
  machine: { type: 'string' },
  person: { type: 'string' },
  reason: { type: 'string' },
  head: { type: 'string' },
  operator: { type: 'string' },
  technician: { type: 'string' },
  heir: { type: 'string' },
  licence: { type: 'string' },
  author: { type: 'string' },
  since: { type: 'string' },
  recipe: { type: 'string' },
  version: { type: 'string' },
  kid: { type: 'string' },
  in: { type: 'string' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

/** One question to a running marketplace; answers the exit code. */
export async function administer(action: AdminAction, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  noMoreThan(0, positionals);
  const socket = adminSocket(values.state ?? process.env['DECANT_STATE'] ?? '/var/lib/decant-marketplace');
  const ask = <O extends AdminOperation>(operation: O, body: AdminRequest<O>): Promise<AdminAnswer<O>> =>
    asked(socket, operation, body);
  const { admin: words } = textsFor(consoleLanguage());
  const told = await tell(action, values, ask, words);
  process.stdout.write(`${values.json ? JSON.stringify(plain(told.data)) : told.text}\n`);
  return 0;
}

type Ask = <O extends AdminOperation>(operation: O, body: AdminRequest<O>) => Promise<AdminAnswer<O>>;

interface Told {
  readonly data: unknown;
  readonly text: string;
}

async function tell(action: AdminAction, values: Values, ask: Ask, words: ConsoleTexts['admin']): Promise<Told> {
  switch (action) {
    case 'machines': {
      const data = await ask('machines', {});
      return { data, text: table(data.machines, words) };
    }
    case 'release': {
      const machine = machineOf(values.machine, '--machine');
      const order = {
        machine,
        person: required(values.person, '--person'),
        reason: required(values.reason, '--reason'),
        ...(values.head === undefined ? {} : { head: values.head }),
      };
      return { data: await ask('release', order), text: fillHoles(words.released, { machine }) };
    }
    case 'revoke':
    case 'claims':
    case 'grant-claim':
      return tellOfUses(action, values, ask, words);
    case 'enrol': {
      const data = await ask('enrol', { certificate: await readDer(required(values.in, '--in')) });
      return { data, text: fillHoles(words.enrolled, data) };
    }
    case 'decommission':
      return estate(
        await ask('decommission', { message: await readInput(required(values.in, '--in')) }),
        words.retired,
      );
    case 'report-loss': {
      const report = {
        machine: machineOf(values.machine, '--machine'),
        operator: required(values.operator, '--operator'),
        technician: required(values.technician, '--technician'),
        reason: required(values.reason, '--reason'),
      };
      return estate(await ask('report_loss', report), words.retired);
    }
    case 'succeed': {
      const heir = machineOf(values.heir, '--heir');
      const data = await ask('succeed', { machine: machineOf(values.machine, '--machine'), heir });
      return estate(data, words.succeeded, { heir });
    }
  }
}

/** What is decided about single uses and what they are of. */
async function tellOfUses(
  action: 'revoke' | 'claims' | 'grant-claim',
  values: Values,
  ask: Ask,
  words: ConsoleTexts['admin'],
): Promise<Told> {
  switch (action) {
    case 'revoke': {
      const people = { person: required(values.person, '--person'), reason: required(values.reason, '--reason') };
      return { data: await ask('revoke', { target: targetOf(values), ...people }), text: words.revoked };
    }
    case 'claims': {
      const data = await ask('claims', {});
      return { data, text: claimTable(data.claims, words) };
    }
    case 'grant-claim': {
      const grant = {
        machine: machineOf(values.machine, '--machine'),
        kid: required(values.kid, '--kid'),
        person: required(values.person, '--person'),
        reason: required(values.reason, '--reason'),
      };
      const data = await ask('grant_claim', grant);
      return { data, text: fillHoles(words.granted, data) };
    }
  }
}

function estate(data: AdminAnswer<'succeed'>, text: string, more: Record<string, string> = {}): Told {
  return { data, text: fillHoles(text, { ...data, ...more, due: new Date(data.due).toISOString() }) };
}

function machineOf(value: string | undefined, option: string): string {
  const machine = required(value, option);
  if (!machineId.safeParse(machine).success) throw new Failure('usage/option-wrong', { option, value: machine });
  return machine;
}

type Target = AdminRequest<'revoke'>['target'];

function targetOf({ licence, machine, author, since, recipe, version }: Values): Target {
  if ([licence, machine, author, recipe].filter((one) => one !== undefined).length > 1) {
    throw new Failure('usage/option-wrong', { option: '--licence / --machine / --author / --recipe', value: '' });
  }
  if (licence !== undefined) return { t: 'licence', cti: idOf(licence, '--licence') };
  if (author !== undefined) {
    const text = required(since, '--since');
    const at = /^\d{4}-\d{2}-\d{2}(T[\d:]+Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isSafeInteger(at)) throw new Failure('usage/option-wrong', { option: '--since', value: text });
    return { t: 'author', name: author, since: Math.floor(at / 1000) };
  }
  if (recipe === undefined) return { t: 'machine', machine: machineOf(machine, '--machine') };
  const which = version === undefined ? null : wholeOption(version, '--version', { least: 1 });
  return { t: 'recipe', recipe: idOf(recipe, '--recipe'), version: which };
}

function idOf(text: string, option: string): Uint8Array {
  if (!/^[0-9a-f]{32}$/.test(text)) throw new Failure('usage/option-wrong', { option, value: text });
  return fromHex(text);
}

function claimTable(claims: AdminAnswer<'claims'>['claims'], words: ConsoleTexts['admin']): string {
  if (claims.length === 0) return words.noClaims;
  return claims
    .map(
      ({ machine, kid, code, at }) => `${machine}  ${hex(kid).slice(0, 16)}…  ${new Date(at).toISOString()}  ${code}`,
    )
    .join('\n');
}

function table(machines: AdminAnswer<'machines'>['machines'], words: ConsoleTexts['admin']): string {
  if (machines.length === 0) return words.none;
  const width = Math.max(...machines.map(({ machine }) => machine.length)) + 2;
  return machines
    .flatMap(({ machine, state, epoch, seq, journals, waiting, refused }) => [
      `${machine.padEnd(width)}${words.states[state]}, ${fillHoles(words.facts, { epoch, seq })}`,
      ...(waiting > 0 ? [`  ${fillHoles(words.waiting, { uses: waiting })}`] : []),
      ...(refused > 0 ? [`  ${fillHoles(words.refused, { uses: refused })}`] : []),
      ...journals.map(({ head }) => `  ${fillHoles(words.journal, { index: head.index, head: hex(head.head) })}`),
    ])
    .join('\n');
}

/** @throws Failure `marketplace/unreachable` when none runs with this state folder */
async function asked<O extends AdminOperation>(
  socket: string,
  operation: O,
  body: AdminRequest<O>,
): Promise<AdminAnswer<O>> {
  try {
    return (await askSocket(socket, operation, body, adminOperations[operation].answer)) as AdminAnswer<O>;
  } catch (error) {
    if (!isFailure(error, 'machine/cell-unreachable')) throw error;
    throw new Failure('marketplace/unreachable', { socket }, error);
  }
}

/** With bytes as hexadecimal text. */
function plain(data: unknown): unknown {
  const text = JSON.stringify(data, (_key, value: unknown) => (value instanceof Uint8Array ? hex(value) : value));
  return JSON.parse(text);
}
