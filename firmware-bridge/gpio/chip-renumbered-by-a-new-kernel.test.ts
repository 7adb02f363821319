import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseChip } from './choose-chip.ts';
import { sysfsChips } from './sysfs-chips.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'decant-sysfs-'));
  await writeFile(join(root, 'export'), '');
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function addChip(label: string, base: number, count = 54): Promise<void> {
  const folder = join(root, `gpiochip${base}`);
  await mkdir(folder);
  await writeFile(join(folder, 'label'), `${label}\n`);
  await writeFile(join(folder, 'base'), `${base}\n`);
  await writeFile(join(folder, 'ngpio'), `${count}\n`);
}

describe('a chip that a new kernel renumbered', () => {
  it.each([
    ['pinctrl-bcm2835', 0],
    ['pinctrl-bcm2711', 4],
    ['pinctrl-bcm2711', 512],
    ['pinctrl-rp1', 571],
    ['pinctrl-bcm2835', 976],
  ])('as %s with base %i is found by its label, beside others, without a word in machine.yaml', async (label, base) => {
    await addChip('raspberrypi-exp-gpio', 2_000, 8);
    await addChip(label, base);
    await addChip('gpio-brcmstb@107d508500', 1_500, 32);
    expect(chooseChip(sysfsChips(root))).toEqual({ label, base, count: 54 });
  });

  it('is found by the label that is named, whatever else is there', async () => {
    await addChip('pinctrl-bcm2711', 512);
    await addChip('mcp23017', 600, 16);
    expect(chooseChip(sysfsChips(root), 'mcp23017').base).toBe(600);
  });

  it('and relabelled is not guessed: what is there is told', async () => {
    await addChip('pinctrl-new', 512);
    await addChip('mcp23017', 600, 16);
    const told =
      'dispenser/no-chip (wanted=pinctrl-bcm2711 or pinctrl-bcm2835 or pinctrl-rp1, found=mcp23017, pinctrl-new)';
    const chips = sysfsChips(root).toSorted((a, b) => a.label.localeCompare(b.label));
    expect(() => chooseChip(chips)).toThrow(told);
    expect(() => chooseChip(chips, 'pinctrl-bcm2711')).toThrow('wanted=pinctrl-bcm2711, found=');
  });

  it('is not there at all where sysfs has no GPIO any more', () => {
    expect(() => chooseChip(sysfsChips(join(root, 'gone')))).toThrow('found=none');
  });
});
