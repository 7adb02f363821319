import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { toolchainFolder } from './place.mjs';
import { say } from './progress.mjs';

const turnFolder = join(toolchainFolder, 'turn');
const holderFile = join(turnFolder, 'pid');

/** Runs `work` while no other set-up of this checkout runs; a turn left by a process that is gone is taken over. */
export async function inTurn(work) {
  if (!writable()) return work();
  for (let told = false; !take(); told = true) {
    const holder = holderId();
    if (holder === null || !lives(holder)) {
      await pause(200);
      if (holderId() === holder) rmSync(turnFolder, { recursive: true, force: true });
      continue;
    }
    if (!told) say(`waiting for another set-up of this checkout (process ${holder}) …`);
    await pause(200);
  }
  try {
    return await work();
  } finally {
    rmSync(turnFolder, { recursive: true, force: true });
  }
}

/** A checkout that belongs to somebody else is used as it is: there is nothing to take turns for. */
function writable() {
  try {
    mkdirSync(toolchainFolder, { recursive: true });
    accessSync(toolchainFolder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function take() {
  try {
    mkdirSync(turnFolder);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(holderFile, `${process.pid}\n`);
  return true;
}

function holderId() {
  try {
    return Number(readFileSync(holderFile, 'utf8')) || null;
  } catch {
    return null;
  }
}

function lives(id) {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
