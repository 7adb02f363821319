import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCertificateRequest } from '#hsm/certificate-request.ts';
import { ownSoftToken } from '#hsm/own-soft-token.ts';
import { Maker } from '#maker/maker.ts';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { machineId } from '#wire/fields.ts';
import { sha256 } from '#wire/signed-message.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { readDer, readInput, writeOutput } from '../console/files.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, required, unknownAction, wholeOption, wordOption } from '../console/options.ts';
import { demoPlace } from '../demo/demo-place.ts';
import { textsFor } from '../texts/texts.ts';

export const help = `usage: decant maker init [--json]
       decant maker class-key new --class NAME [--epoch N] --out CERT.der
       decant maker class-key wrap --in TRANSPORT_REQ [--epoch N] --out CLASS_KEY
       decant maker enrol --machine ID --in REQUEST.p10 --token soft|tpm|hsm --profile H|S --out CERT.der
       decant maker certify-author --name NAME --in REQUEST --out CERT.der

The machine maker's side, by files, so that the maker's token needs no network. Each step may be repeated.

  init            makes token, roots and signing key; prints where the roots are, and their fingerprints
  class-key new   makes a class key unless it exists, and writes its certificate for recipe authors
  class-key wrap  answers a machine's request (decant provision class-key) with the class key, wrapped to it
  enrol           certifies a machine (decant provision request). Token class and profile are the maker's own findings
  certify-author  certifies a recipe author for a PKCS#10 request (openssl req -new), PEM or DER

  --state DIR     the maker's folder (default: maker/ in DECANT_STATE or .decant, the demonstration's maker)
  --epoch N       of the class key (1)
  --json          {"roots": [{"role", "file", "sha256"}]}
`;

const options = {
  state: { type: 'string' },
  class: { type: 'string' },
  epoch: { type: 'string', default: '1' },
  machine: { type: 'string' },
  token: { type: 'string' },
  profile: { type: 'string' },
  name: { type: 'string' },
  in: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
type Step = (maker: Maker) => Promise<void>;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const folder = values.state ?? demoPlace(process.env['DECANT_STATE'] ?? '.decant').maker;
  // everything that was called wrongly is said before a token is made
  const step = await stepOf(positionals, values, folder);
  using token = await ownSoftToken({
    folder: join(folder, 'token'),
    label: 'maker',
    module: process.env['DECANT_PKCS11_MODULE'],
    entropy: systemEntropy,
  });
  const disk = systemDisk(folder);
  await step(await Maker.open({ token, disk, clock: systemClock, entropy: systemEntropy }));
  return 0;
}

async function stepOf([action, ...more]: readonly string[], values: Values, folder: string): Promise<Step> {
  const [first] = more;
  switch (action) {
    case 'init':
      noMoreThan(0, more);
      return (maker) => Promise.resolve(tellRoots(maker, folder, values.json));
    case 'class-key':
      noMoreThan(1, more);
      if (first === 'new') return newClassKey(values);
      if (first === 'wrap') return wrapClassKey(values);
      throw unknownAction(first, ['new', 'wrap']);
    case 'enrol':
      noMoreThan(0, more);
      return enrol(values);
    case 'certify-author':
      noMoreThan(0, more);
      return certifyAuthor(values);
    default:
      throw unknownAction(action, ['init', 'class-key', 'enrol', 'certify-author']);
  }
}

function tellRoots(maker: Maker, folder: string, json: boolean): void {
  const roots = [
    { role: 'maker', file: join(folder, 'certificates', 'root.der'), sha256: hex(sha256(maker.root)) },
    { role: 'author', file: join(folder, 'certificates', 'author-root.der'), sha256: hex(sha256(maker.authorRoot)) },
  ];
  if (json) {
    process.stdout.write(`${JSON.stringify({ roots })}\n`);
    return;
  }
  const { maker: words } = textsFor(consoleLanguage());
  const rows = roots.map(({ role, file, sha256: print }) => `  ${role.padEnd(8)}${file}\n          SHA-256 ${print}`);
  process.stdout.write(`${fillHoles(words.made, { folder })}\n${rows.join('\n')}\n`);
  process.stderr.write(`! ${words.soft}\n`);
}

function newClassKey(values: Values): Step {
  const name = required(values.class, '--class');
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(name))
    throw new Failure('usage/option-wrong', { option: '--class', value: name });
  // the key would lie in this maker's own token, which is a soft one
  if (!name.startsWith('demo-')) throw new Failure('token/soft-refused');
  const epoch = epochOf(values);
  const out = required(values.out, '--out');
  return async (maker) => writeOutput(out, await maker.classKey(name, epoch));
}

async function wrapClassKey(values: Values): Promise<Step> {
  const request = await readInput(required(values.in, '--in'));
  const epoch = epochOf(values);
  const out = required(values.out, '--out');
  return async (maker) => writeOutput(out, await maker.answerTransport(request, epoch), 0o600);
}

async function enrol(values: Values): Promise<Step> {
  const machine = required(values.machine, '--machine');
  if (!machineId.safeParse(machine).success) {
    throw new Failure('usage/option-wrong', { option: '--machine', value: machine });
  }
  const tokenClass = wordOption(required(values.token, '--token'), '--token', ['soft', 'tpm', 'hsm']);
  const profile = wordOption(required(values.profile, '--profile'), '--profile', ['H', 'S']);
  const request = await readDer(required(values.in, '--in'));
  const out = required(values.out, '--out');
  return async (maker) => writeOutput(out, await maker.enrol(machine, request, { tokenClass, profile }));
}

async function certifyAuthor(values: Values): Promise<Step> {
  const name = required(values.name, '--name');
  const { spki } = readCertificateRequest(await readDer(required(values.in, '--in')));
  const out = required(values.out, '--out');
  return async (maker) => writeOutput(out, await maker.certifyAuthor(name, spki));
}

const epochOf = (values: Values): number => wholeOption(values.epoch, '--epoch', { least: 1 });
