import { openIdentity, readProvisioned } from '#cell/identity.ts';
import { provisionEpoch } from '#cell/provision.ts';
import { epochPlan } from '#cell/provisioning/epoch-plan.ts';
import { liveAnchors } from '#cell/provisioning/live-anchors.ts';
import { paths } from '#cell/provisioning/names.ts';
import { takeAnchors } from '#cell/provisioning/take-anchors.ts';
import type { ProvisionPlan } from '#cell/provisioning/run.ts';
import { Failure, isFailure } from '#shared/failure.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { readInput, writeOutput } from '../console/files.ts';
import { consoleLanguage } from '../console/language.ts';
import { askCell } from '../service-client.ts';
import { textsFor } from '../texts/texts.ts';
import { kept } from './file-steps.ts';
import { GivenFiles } from './given-files.ts';
import { tellStep } from './go-on.ts';
import type { MachineBench, ProvisionValues } from './options.ts';

/** RSA-3072 on a small machine. */
const patienceMs = 180_000;

/** The request for a further epoch of the class key: by the cell when it runs, else with the token opened here. */
export async function requestEpoch(bench: MachineBench, out: string, values: ProvisionValues): Promise<void> {
  const { who } = bench.ports;
  const { again } = values;
  const answer = await orNot(() => askCell(bench.serviceSocket, 'class_key_request', { who, again }, patienceMs));
  if (answer === null) {
    const tell = (step: Parameters<typeof tellStep>[0]): void => tellStep(step, values.json);
    await provisionEpoch(await planOf(bench), bench.ports, new GivenFiles({}), { again, tell, until: 'transport' });
  }
  await writeOutput(out, answer?.message ?? (await kept(bench.ports, paths.transport)), 0o600);
}

/** The maker's answer to it. */
export async function takeEpoch(bench: MachineBench, file: string, values: ProvisionValues): Promise<void> {
  const message = await readInput(file);
  const { who } = bench.ports;
  const answer = await orNot(() => askCell(bench.serviceSocket, 'class_key_take', { who, message }, patienceMs));
  const complete = answer === null ? await takeHere(bench, message, values) : answer.complete;
  if (!complete) throw new Failure('token/key-missing', { label: 'transport' });
  const epochs = answer?.epochs ?? (await readProvisioned(bench.ports.disk)).class_keys.map(({ epoch }) => epoch);
  const { provision: words } = textsFor(consoleLanguage());
  const said = fillHoles(words.epochs, { epochs: epochs.join(', ') });
  process.stdout.write(values.json ? `${JSON.stringify({ epochs })}\n` : `${said}\n`);
}

/** A list of whom to believe. */
export async function takeNewAnchors(bench: MachineBench, file: string, json: boolean): Promise<void> {
  const message = await readInput(file);
  const { who } = bench.ports;
  const answer = await orNot(() => askCell(bench.serviceSocket, 'anchors_take', { who, message }));
  const version = answer?.version ?? (await takeAnchors(message, bench.ports)).anchors_version ?? 1;
  const { provision: words } = textsFor(consoleLanguage());
  process.stdout.write(
    json ? `${JSON.stringify({ anchors_version: version })}\n` : `${fillHoles(words.anchors, { version })}\n`,
  );
}

async function takeHere(bench: MachineBench, message: Uint8Array, values: ProvisionValues): Promise<boolean> {
  const files = new GivenFiles({ 'class-key': message });
  const tell = (step: Parameters<typeof tellStep>[0]): void => tellStep(step, values.json);
  return (await provisionEpoch(await planOf(bench), bench.ports, files, { tell })).state === 'complete';
}

/** Of a machine whose cell does not run. @throws Failure `machine/not-provisioned`, `token/key-missing` */
async function planOf({ ports }: MachineBench): Promise<ProvisionPlan> {
  const provisioned = await readProvisioned(ports.disk);
  const { token } = await ports.openToken();
  openIdentity(provisioned, token, ports.clock);
  return epochPlan(
    provisioned,
    liveAnchors(() => provisioned, ports.clock),
  );
}

/** Null when no cell answers. */
async function orNot<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (isFailure(error, 'machine/cell-unreachable')) return null;
    throw error;
  }
}
