import { sha256 } from '#wire/signed-message.ts';
import { readProvisioned, writeProvisioned } from '../identity.ts';
import { takenClassKey } from './class-key-step.ts';
import { withEpoch } from './epochs.ts';
import type { MachineToken, ProvisionRun, StepOutcome } from './run.ts';

/** How many digests of epochs that fell out are remembered, to name them. */
const rememberedEpochs = 16;

/** The new epoch becomes one that the cell opens recipes with; beyond three the oldest is destroyed. */
export async function addEpoch(
  { ports, exchange, audit }: ProvisionRun,
  { token }: MachineToken,
): Promise<StepOutcome> {
  await exchange.erase('class-key');
  const { disk } = ports;
  const before = await readProvisioned(disk);
  const { kept, out } = withEpoch(before.class_keys, takenClassKey(audit));
  const retired = [...out.map(({ epoch, digest }) => ({ epoch, digest })), ...(before.retired ?? [])];
  const known = retired.filter(({ epoch }, i) => retired.findIndex((one) => one.epoch === epoch) === i);
  // first the list without it: from then on no drink begins with a key that is about to go
  const bytes = await writeProvisioned(disk, {
    ...before,
    class_keys: kept,
    retired: known.slice(0, rememberedEpochs),
  });
  const labels = kept.map(({ label }) => label);
  for (const label of token.listKeys('class-')) if (!labels.includes(label)) await token.destroyKey(label);
  const facts = { held: kept.map(({ epoch }) => epoch).join(' '), destroyed: out.map(({ epoch }) => epoch).join(' ') };
  return { t: 'done', digest: sha256(bytes), facts };
}
