import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { lockedBuffers } from '#cell/locked-buffers.ts';
import type { Job, Token } from '#hsm/token.ts';
import type { MachineClass } from '#recipes/machine-class.ts';
import { nodeSealCrypto } from '#recipes/node-seal-crypto.ts';
import { type OpenRecipe, openRecipe } from '#recipes/open.ts';
import { openSealedFile, type SealedFile } from '#recipes/sealed-file.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import { today } from '../recipe-people.ts';
import type { LongGcode } from './long-gcode.ts';

/** A long program as a cell has it: on disk, body verified, keys in SoftHSM, pieces in locked buffers. */
export interface OpenLongGcode extends AsyncDisposable {
  readonly file: SealedFile;
  readonly recipe: OpenRecipe;
}

export async function openLongGcode(
  token: Token,
  { path, anchors, keys }: Pick<LongGcode, 'path' | 'anchors' | 'keys'>,
  machineClass: MachineClass,
): Promise<OpenLongGcode> {
  await using stack = new AsyncDisposableStack();
  const disk = systemDisk(dirname(path));
  const bytes = stack.use(await disk.open(path.slice(dirname(path).length + 1)));
  const classes = new Map([[machineClass.name, machineClass]]);
  const file = await openSealedFile(bytes, anchors, today, classes);
  await file.verifyBody();
  const label = `class-${machineClass.recordBytes}`;
  const spki = await token.generateUnwrapKey(label, 2048);
  const jobs = { mfr: stack.use(token.openJob()), lic: stack.use(token.openJob()) };
  const unwrapped = async (job: Job, key: Uint8Array) =>
    job.unwrapContentKey(label, await nodeSealCrypto.wrapKey(spki, key));
  const handles = { mfr: await unwrapped(jobs.mfr, keys.mfr), lic: await unwrapped(jobs.lic, keys.lic) };
  const buffers = stack.use(lockedBuffers(machineClass));
  const recipe = stack.use(openRecipe(file, jobs, handles, buffers));
  const held = stack.move();
  return { file, recipe, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** A folder that is gone afterwards. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'decant-long-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
