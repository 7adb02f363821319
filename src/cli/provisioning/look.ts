import { auditOf } from '#cell/provisioning/audit.ts';
import { tokenFindings } from '#cell/provisioning/read-back.ts';
import { incoming } from '#cell/provisioning/steps.ts';
import { isDone, nextStep } from '#cell/provisioning/sequence.ts';
import { readProvisioned } from '#cell/identity.ts';
import type { ProvisionPorts } from '#cell/provisioning/run.ts';
import { isFailure } from '#shared/failure.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { consoleLanguage } from '../console/language.ts';
import { textsFor } from '../texts/texts.ts';

/** `decant provision --status`: how far it has come, by the record alone; no token is opened. */
export async function tellStatus({ disk }: ProvisionPorts, json: boolean): Promise<number> {
  const { progress, lines } = await auditOf(disk);
  const next = progress === null ? null : nextStep(progress);
  const provisioned = await readProvisioned(disk).catch((error: unknown) => {
    if (isFailure(error, 'machine/not-provisioned')) return null;
    throw error;
  });
  const epochs = provisioned?.class_keys.map(({ epoch }) => epoch) ?? [];
  if (json) {
    const status = {
      sequence: progress?.sequence ?? null,
      next: next === null ? null : { ...next, waits_for: incoming(next.step) },
      entries: lines.length,
      machine: provisioned?.machine ?? null,
      epochs,
      anchors_version: provisioned === null ? null : (provisioned.anchors_version ?? 1),
    };
    process.stdout.write(`${JSON.stringify(status)}\n`);
    return 0;
  }
  const { provision: words } = textsFor(consoleLanguage());
  const where = next === null ? words.complete : fillHoles(words.next, { ...next, what: words.steps[next.step] });
  const held = epochs.length === 0 ? [] : [fillHoles(words.epochs, { epochs: epochs.join(', ') })];
  process.stdout.write(`${[progress === null ? words.notBegun : where, ...held].join('\n')}\n`);
  return 0;
}

/** `decant provision --verify`: every object of a machine's token against the table, each attribute. */
export async function verifyToken(ports: ProvisionPorts, json: boolean): Promise<number> {
  const { class_keys } = await readProvisioned(ports.disk);
  const { progress } = await auditOf(ports.disk);
  const objects = (await ports.openToken()).objects();
  const findings = tokenFindings(objects, {
    kinds: ['identity', 'state key', 'class key'],
    classKeys: class_keys.map(({ label }) => label),
    // a request for a class key is out
    transport: progress !== null && nextStep(progress) !== null && isDone(progress, 'transport'),
  });
  if (json) {
    process.stdout.write(`${JSON.stringify({ objects, findings })}\n`);
    return findings.length === 0 ? 0 : 1;
  }
  const { provision: words } = textsFor(consoleLanguage());
  for (const finding of findings) process.stdout.write(`✗ ${fillHoles(words.findings[finding.t], { ...finding })}\n`);
  if (findings.length === 0) process.stdout.write(`${fillHoles(words.whole, { objects: objects.length })}\n`);
  return findings.length === 0 ? 0 : 1;
}
