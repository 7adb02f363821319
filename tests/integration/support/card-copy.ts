import { cp, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { World } from '../world.ts';

/** A copy of the machine's folders as somebody makes it who has the card in hand; cell and desk are stopped meanwhile. */
export interface CardCopy {
  /** Puts the copy back in place of what is there; cell and desk are left stopped. */
  restore(): Promise<void>;
}

/** Copies the state folders of cell and desk, and with `token` the soft token's too. */
export async function copyCard(world: World, { token }: { readonly token: boolean }): Promise<CardCopy> {
  const { cell, desk, machineToken } = world.demo.place;
  const folders = token ? [cell, desk, machineToken] : [cell, desk];
  const copy = await mkdtemp(join(world.state, 'card-'));
  await powerOff(world);
  for (const folder of folders) await cp(folder, join(copy, basename(folder)), { recursive: true });
  await powerOn(world);
  return {
    async restore() {
      await powerOff(world);
      for (const folder of folders) {
        await rm(folder, { recursive: true });
        await cp(join(copy, basename(folder)), folder, { recursive: true });
      }
    },
  };
}

export async function powerOff({ demo }: World): Promise<void> {
  await demo.processes.desk.stop();
  await demo.processes.cell.stop();
}

export async function powerOn({ demo }: World): Promise<void> {
  await Promise.all([demo.processes.cell.start(), demo.processes.desk.start()]);
}
