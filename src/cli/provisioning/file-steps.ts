import { provision, provisionAgain } from '#cell/provision.ts';
import { auditOf } from '#cell/provisioning/audit.ts';
import { paths } from '#cell/provisioning/names.ts';
import type { ProvisionPlan, ProvisionPorts } from '#cell/provisioning/run.ts';
import { hex } from '#shared/entropy.ts';
import { Failure } from '#shared/failure.ts';
import { sha256 } from '#wire/signed-message.ts';
import { readInput, writeOutput } from '../console/files.ts';
import { required } from '../console/options.ts';
import { GivenFiles } from './given-files.ts';
import type { ProvisionValues } from './options.ts';

/** One part of the sequence with one file in and one out, for programs that carry the files themselves. */
export async function runFileStep(
  step: 'request' | 'class-key' | 'finish',
  plan: ProvisionPlan,
  ports: ProvisionPorts,
  values: ProvisionValues,
): Promise<void> {
  switch (step) {
    case 'request':
      return request(plan, ports, values);
    case 'class-key':
      return classKey(plan, ports, values);
    case 'finish':
      return finish(plan, ports, values);
  }
}

async function request(plan: ProvisionPlan, ports: ProvisionPorts, values: ProvisionValues): Promise<void> {
  const out = required(values.out, '--out');
  await provision(plan, ports, new GivenFiles({}), { until: 'request' });
  await writeOutput(out, await kept(ports, paths.request), 0o600);
}

async function classKey(plan: ProvisionPlan, ports: ProvisionPorts, values: ProvisionValues): Promise<void> {
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

async function finish(plan: ProvisionPlan, ports: ProvisionPorts, values: ProvisionValues): Promise<void> {
  const files = new GivenFiles({ 'class-key': await readInput(required(values.in, '--in')) });
  const { state } = await provision(plan, ports, files);
  if (state !== 'complete') throw new Failure('machine/not-provisioned', { reason: 'a step before is missing' });
}

/** A file that a step before has left. @throws Failure `machine/not-provisioned` */
export async function kept({ disk }: Pick<ProvisionPorts, 'disk'>, path: string): Promise<Uint8Array> {
  const bytes = await disk.read(path);
  if (bytes === null) throw new Failure('machine/not-provisioned', { file: path });
  return bytes;
}
