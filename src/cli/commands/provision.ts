import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { provision, provisionAgain } from '#cell/provision.ts';
import { auditOf } from '#cell/provisioning/audit.ts';
import { paths } from '#cell/provisioning/names.ts';
import type { ProvisionPlan, ProvisionPorts } from '#cell/provisioning/run.ts';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { systemClock } from '#shared/node/system-clock.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { systemEntropy } from '#shared/node/system-entropy.ts';
import { sha256 } from '#wire/signed-message.ts';
import { readInput, writeOutput } from '../console/files.ts';
import { required, unknownAction } from '../console/options.ts';
import { GivenFiles } from '../provisioning/given-files.ts';
import { softMachineToken } from '../provisioning/machine-token.ts';
import { readPlan } from '../provisioning/plan-file.ts';

export const help = `usage: decant provision STEP --machine-folder DIR --plan FILE [--in FILE] --out FILE

Brings a machine with a soft token into service, one step at a time, with files to and from the maker, so that no
network is needed. Each step may be repeated.

  request    makes the identity key in the token; --out: PKCS#10 request
  class-key  --in: the machine's certificate (LDevID, DER); --out: TRANSPORT_REQ for the maker
  finish     --in: CLASS_KEY from the maker

  --machine-folder DIR  the machine's folder (token/ and cell/ below it)
  --plan FILE           who the machine is and whom it believes (CBOR)
  --who NAME            the person at the console, for the audit record
`;

const options = {
  'machine-folder': { type: 'string' },
  plan: { type: 'string' },
  in: { type: 'string' },
  out: { type: 'string' },
  who: { type: 'string' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const folder = required(values['machine-folder'], '--machine-folder');
  const plan = await readPlan(required(values.plan, '--plan'));
  using token = softMachineToken(join(folder, 'token'));
  const ports: ProvisionPorts = {
    openToken: token.get,
    disk: systemDisk(join(folder, 'cell')),
    clock: systemClock,
    entropy: systemEntropy,
    who: values.who ?? process.env['SUDO_USER'] ?? process.env['USER'] ?? `uid ${process.getuid?.() ?? '?'}`,
  };
  switch (positionals[0]) {
    case 'request':
      await request(plan, ports, values);
      break;
    case 'class-key':
      await classKey(plan, ports, values);
      break;
    case 'finish':
      await finish(plan, ports, values);
      break;
    default:
      throw unknownAction(positionals[0], ['request', 'class-key', 'finish']);
  }
  process.stdout.write(`${JSON.stringify({ done: positionals[0] })}\n`);
  return 0;
}

async function request(plan: ProvisionPlan, ports: ProvisionPorts, values: Values): Promise<void> {
  const out = required(values.out, '--out');
  await provision(plan, ports, new GivenFiles({}), { until: 'request' });
  await writeOutput(out, await kept(ports, paths.request), 0o600);
}

async function classKey(plan: ProvisionPlan, ports: ProvisionPorts, values: Values): Promise<void> {
  const out = required(values.out, '--out');
  const certificate = await readInput(required(values.in, '--in'));
  const before = (await auditOf(ports.disk)).lines.findLast(
    ({ event }) => event.t === 'done' && event.step === 'certificate',
  );
  const same = before?.digest === hex(sha256(certificate));
  await provisionAgain(same ? 'transport' : 'certificate', ports);
  await provision(plan, ports, new GivenFiles({ certificate }), { until: 'transport' });
  await writeOutput(out, await kept(ports, paths.transport), 0o600);
}

async function finish(plan: ProvisionPlan, ports: ProvisionPorts, values: Values): Promise<void> {
  const files = new GivenFiles({ 'class-key': await readInput(required(values.in, '--in')) });
  const { state } = await provision(plan, ports, files);
  if (state !== 'complete') throw new Failure('machine/not-provisioned', { reason: 'a step before is missing' });
}

/** A file that a step before has left. @throws Failure `machine/not-provisioned` */
async function kept({ disk }: ProvisionPorts, path: string): Promise<Uint8Array> {
  const bytes = await disk.read(path);
  if (bytes === null) throw new Failure('machine/not-provisioned', { file: path });
  return bytes;
}
