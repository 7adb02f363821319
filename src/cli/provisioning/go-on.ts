import { join } from 'node:path';
import { provision, type ProvisionResult } from '#cell/provision.ts';
import { paths } from '#cell/provisioning/names.ts';
import type { Exchange, ProvisionPlan, ProvisionPorts } from '#cell/provisioning/run.ts';
import type { NextStep } from '#cell/provisioning/sequence.ts';
import { Failure } from '#shared/failure.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { consoleLanguage } from '../console/language.ts';
import { textsFor } from '../texts/texts.ts';
import { estExchange } from './est-exchange.ts';
import type { MachineBench, ProvisionValues } from './options.ts';
import { decodePlan, encodePlan, readPlan } from './plan-file.ts';
import { stick, stickFiles } from './stick.ts';

/** `decant provision`: goes on where it was, as far as it can. Exit code 2 while something has to be brought. */
export async function goOn({ ports, softToken }: MachineBench, values: ProvisionValues): Promise<number> {
  const plan = await planOf(ports, values);
  const folder = values.stick ?? '.';
  const { provision: words } = textsFor(consoleLanguage());
  if (softToken !== null && !values.json) process.stderr.write(`! ${fillHoles(words.pins, { folder: softToken })}\n`);
  const result = await provision(plan, ports, await exchangeOf(folder, ports, values), {
    tell: (step) => tellStep(step, values.json),
  });
  tellResult(result, folder, values.json);
  return result.state === 'complete' ? 0 : 2;
}

/** As it was told at the first run, unless it is told again. */
async function planOf({ disk }: ProvisionPorts, { plan: file }: ProvisionValues): Promise<ProvisionPlan> {
  if (file === undefined) {
    const bytes = await disk.read(paths.plan);
    if (bytes === null) throw new Failure('usage/option-missing', { option: '--plan' });
    return decodePlan(bytes, paths.plan);
  }
  const plan = await readPlan(file);
  await disk.replace(paths.plan, encodePlan(plan));
  return plan;
}

async function exchangeOf(folder: string, { disk }: ProvisionPorts, values: ProvisionValues): Promise<Exchange> {
  const files = stick(folder);
  return values.est === undefined ? files : estExchange(files, values, () => disk.read(paths.request));
}

/** Says a step before it begins. */
export function tellStep({ step, resume, number, of }: NextStep, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ step, number, of, resume })}\n`);
    return;
  }
  const { provision: words } = textsFor(consoleLanguage());
  const what = `${words.steps[step]}${resume ? words.again : ''}`;
  process.stdout.write(`${fillHoles(words.step, { number, of, what })}\n`);
}

function tellResult(result: ProvisionResult, folder: string, json: boolean): void {
  const { provision: words } = textsFor(consoleLanguage());
  if (result.state !== 'waiting') {
    process.stdout.write(json ? `${JSON.stringify({ state: result.state })}\n` : `${words.complete}\n`);
    return;
  }
  const sent = join(folder, stickFiles[result.for === 'certificate' ? 'request' : 'transport']);
  const file = join(folder, stickFiles[result.for]);
  const said = fillHoles(words.waiting[result.for], { sent, file });
  process.stdout.write(json ? `${JSON.stringify({ state: 'waiting', for: result.for, sent, file })}\n` : `${said}\n`);
}
