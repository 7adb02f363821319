import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Failure, isFailure } from '#shared/failure.ts';
import type { CellAnswer } from '#wire/cell-api.ts';
import { fillHoles } from '#wire/sentences/sentence-for.ts';
import { readInput, writeOutput } from '../console/files.ts';
import { consoleLanguage } from '../console/language.ts';
import { noMoreThan, wholeOption } from '../console/options.ts';
import { type MachinePlace, machinePlace } from '../machine-place.ts';
import { askCell } from '../service-client.ts';
import type { ConsoleTexts } from '../texts/console-texts.ts';
import { textsFor } from '../texts/texts.ts';

export const help = `usage: decant decommission [--state DIR] [--yes-i-mean-it ID] [--out FILE] [--keep-journal FILE] [--wait S] [--json]

Takes the running machine out of service for good: nothing is sold any more; every one-time key, class key and the state
key are destroyed and proven gone; the machine signs its last word; then its identity key is destroyed and its folder
emptied. What is unspent can be given to a machine that follows it (decant marketplace succeed). May be called again where
it was interrupted. Asks for the machine's id to be typed.

  --yes-i-mean-it ID   the machine's id, for scripts
  --out FILE           where the signed last word goes (decommission-ID.cose); carry it to the marketplace by hand
                       (decant marketplace decommission) where desk could not
  --keep-journal FILE  copies the journal before it is removed; it holds orders and times, no recipe
  --wait S             how long desk may take to carry the last word, seconds (20)
  --state DIR          the machine's state folder (DECANT_STATE, or .decant here, or /var/lib/decant)
  --json               {"machine", "keys", "unspent", "file", "booked"}
`;

const keyPatienceMs = 300_000;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      state: { type: 'string' },
      'yes-i-mean-it': { type: 'string' },
      out: { type: 'string' },
      'keep-journal': { type: 'string' },
      wait: { type: 'string', default: '20' },
      json: { type: 'boolean', default: false },
    },
  });
  noMoreThan(0, positionals);
  const waitSeconds = wholeOption(values.wait, '--wait', { most: 3600 });
  const { decommission: words } = textsFor(consoleLanguage());
  const place = machinePlace(values.state);
  const { machine } = await askCell(place.serviceSocket, 'status', {});
  await requireMeant(machine, values['yes-i-mean-it'], words);
  const farewell = await askCell(place.serviceSocket, 'decommission', { machine }, keyPatienceMs);
  const file = values.out ?? `decommission-${machine}.cose`;
  await writeOutput(file, farewell.message, 0o600);
  const booked = await carried(place, machine, waitSeconds);
  const kept = values['keep-journal'];
  if (kept !== undefined) await writeOutput(kept, await readInput(place.journal), 0o600);
  await leaveNothing(place);
  const told = { machine, keys: farewell.keys, unspent: farewell.unspent, file, booked };
  const text = fillHoles(booked ? words.booked : words.carry, told);
  process.stdout.write(`${values.json ? JSON.stringify(told) : `${fillHoles(words.done, told)}\n${text}`}\n`);
  return 0;
}

/** @throws Failure `usage/option-missing` where nobody can be asked, `usage/option-wrong` for another name */
async function requireMeant(
  machine: string,
  given: string | undefined,
  words: ConsoleTexts['decommission'],
): Promise<void> {
  const option = '--yes-i-mean-it';
  if (given === undefined && !process.stdin.isTTY) throw new Failure('usage/option-missing', { option });
  const value = given ?? (await typed(fillHoles(words.ask, { machine })));
  if (value !== machine) throw new Failure('usage/option-wrong', { option, value });
}

async function typed(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}

/** Whether desk has carried the last word to licensing, within that time. */
async function carried({ serviceSocket }: MachinePlace, machine: string, seconds: number): Promise<boolean> {
  for (let left = seconds; ; left -= 1) {
    const { booked } = await askCell(serviceSocket, 'decommission', { machine }, keyPatienceMs);
    if (booked || left <= 0) return booked;
    await pause(1000);
  }
}

/** The cell empties token and folder and ends; a soft token's folder with its PINs goes with it. */
async function leaveNothing({ serviceSocket, cell, softToken }: MachinePlace): Promise<void> {
  await askCell(serviceSocket, 'decommission_end', {}, keyPatienceMs);
  for (let left = 100; left > 0 && (await status(serviceSocket)) !== null; left -= 1) await pause(100);
  if (softToken === null) return;
  await rm(softToken, { recursive: true, force: true });
  await rm(cell, { recursive: true, force: true });
}

async function status(socket: string): Promise<CellAnswer<'status'> | null> {
  try {
    return await askCell(socket, 'status', {});
  } catch (error) {
    if (isFailure(error)) return null;
    throw error;
  }
}
