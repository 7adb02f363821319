import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSofthsmConfig } from '#hsm/softhsm-config.ts';
import { systemDisk } from '#shared/node/system-disk.ts';
import type { Errand, Finding } from '../power-cuts/processes/cell-process.ts';
import type { Doom } from '../power-cuts/processes/doom.ts';
import { cellWorld } from '../support/cell/cell-world.ts';

/** A provisioned machine with one licence, as folders that are copied for each test. */
let template: string;
let order: string;

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'decant-killed-'));
  await using world = await cellWorld('soft');
  const cell = await world.ready();
  order = await cell.buy();
  await cell[Symbol.asyncDispose]();
  const disk = systemDisk(join(template, 'state'));
  for (const path of world.disk.paths) await disk.replace(path, world.disk.bytes(path));
  const tokens = dirname(process.env['SOFTHSM2_CONF'] ?? '');
  await cp(join(tokens, 'tokens'), join(template, 'softhsm', 'tokens'), { recursive: true });
  await writeFile(
    join(template, 'machine.json'),
    JSON.stringify({ ...world.config, limits: { ...world.config.limits, held_ms: 1000 } }),
  );
});
afterAll(() => rm(template, { recursive: true, force: true }));

/** A copy of the machine, and its processes. */
async function machine() {
  const folder = await mkdtemp(join(tmpdir(), 'decant-killed-'));
  await cp(template, folder, { recursive: true });
  await mkdir(join(folder, 'softhsm'), { recursive: true });
  const { configFile, tokensFolder } = await writeSofthsmConfig(join(folder, 'softhsm'));
  const start = (doom: Doom, pours: boolean): Promise<Finding | 'killed'> =>
    end(
      { state: join(folder, 'state'), tokensFolder, config: join(folder, 'machine.json'), order, doom, pours },
      configFile,
    );
  return { start, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

const script = join(import.meta.dirname, '..', 'power-cuts', 'processes', 'cell-process.ts');

function end(errand: Errand, configFile: string): Promise<Finding | 'killed'> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, SOFTHSM2_CONF: configFile };
    const child = spawn(process.execPath, [script, JSON.stringify(errand)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve('killed');
      else if (code === 0) resolve(JSON.parse(said) as Finding);
      else reject(new Error(complaint));
    });
  });
}

const released = { stage: 'granted', result: null, void: false, claim: null, hasKey: true };
const claimed = { stage: 'void', result: null, void: true, hasKey: false };
const cutOff = { stage: 'spent', result: 'partial', void: false, hasKey: false };
const whole = { stage: 'spent', result: 'ok', void: false, hasKey: false };

/** Rows of licence.md's table, each with the steps between which it lies. */
const rows: [Doom, string, Partial<Finding>][] = [
  ['RESERVED written', 'before BURN_INTENT', released],
  ['RESERVED synced', 'before BURN_INTENT', released],
  ['BURN_INTENT half', 'before BURN_INTENT', released],
  ['BURN_INTENT written', 'BURN_INTENT … destroy', released],
  ['BURN_INTENT synced', 'BURN_INTENT … destroy', released],
  ['key destroyed', 'destroy … first PIECE_STARTED', claimed],
  ['BURNED half', 'destroy … first PIECE_STARTED', claimed],
  ['BURNED synced', 'destroy … first PIECE_STARTED', claimed],
  ['PIECE_STARTED half', 'destroy … first PIECE_STARTED', claimed],
  ['PIECE_STARTED synced', 'a piece started without DONE', cutOff],
  ['armed', 'a piece started without DONE', cutOff],
  ['PIECE_DONE synced', 'between two pieces', cutOff],
  ['POURED synced', 'last piece DONE … SPENT', whole],
  ['SPENT half', 'last piece DONE … SPENT', whole],
  ['SPENT synced', 'after SPENT', whole],
  ['CLAIMED synced', 'after SPENT', whole],
];

describe('a cell that is killed, started again', () => {
  it.each(rows)('at "%s" (%s) is found as the crash table says', async (doom, _, row) => {
    await using cell = await machine();
    expect(await cell.start(doom, true)).toBe('killed');
    const found = await cell.start('never', false);
    expect(found).toMatchObject(row);
    const again = (await cell.start('never', true)) as Finding;
    if (row === released) expect(again).toMatchObject({ ...whole, refused: null });
    else {
      // nothing is poured a second time, and the outcome is the one that was told
      expect(again).toMatchObject(row);
      expect(again.refused).toBe(row === claimed ? 'licence/none' : 'licence/spent');
      expect(again.claim).toBe((found as Finding).claim);
    }
    expect(again.claim).not.toBe(null);
  });
});
