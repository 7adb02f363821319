import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GpioPlaces, lookAtLines } from './look-at-lines.ts';

describe('a look at GPIO lines', () => {
  let root: string;
  let closed: string[];
  const places = (): GpioPlaces => ({
    devices: join(root, 'dev'),
    sysfs: root,
    may: (path) => !closed.includes(path),
  });

  beforeEach(async () => {
    closed = [];
    root = await mkdtemp(join(tmpdir(), 'decant-lines-'));
    await mkdir(join(root, 'dev'));
    await writeFile(join(root, 'export'), '');
    await mkdir(join(root, 'gpiochip512'));
    for (const [file, content] of Object.entries({ label: 'pinctrl-bcm2711', base: '512', ngpio: '58' })) {
      await writeFile(join(root, 'gpiochip512', file), `${content}\n`);
    }
    await mkdir(join(root, 'gpio529'));
    await writeFile(join(root, 'gpio529', 'value'), '0\n');
  });
  afterEach(() => rm(root, { recursive: true }));

  it('by sysfs finds nothing wrong where lines are exported or may be', () => {
    expect(() => lookAtLines('gpio', [17, 18, 57], undefined, places())).not.toThrow();
  });

  it('by sysfs tells which line may not be used, exported or not', () => {
    closed = [join(root, 'gpio529', 'value')];
    expect(() => lookAtLines('gpio', [18, 17], undefined, places())).toThrow('(line=gpio.17, chip=pinctrl-bcm2711');
    closed = [join(root, 'export')];
    expect(() => lookAtLines('gpio', [17, 18], undefined, places())).toThrow('(line=gpio.18, chip=pinctrl-bcm2711');
    expect(() => lookAtLines('gpio', [17], undefined, places())).not.toThrow();
  });

  it('tells of a line that the chip has not', () => {
    expect(() => lookAtLines('gpio', [58], undefined, places())).toThrow('no such line');
  });

  it('tells which chips there are in place of the one that is wanted', () => {
    expect(() => lookAtLines('gpio', [1], 'pinctrl-rp1', places())).toThrow(
      'dispenser/no-chip (wanted=pinctrl-rp1, found=pinctrl-bcm2711)',
    );
    expect(() => lookAtLines('gpio-cdev', [1], undefined, places())).toThrow('found=none');
  });

  it('takes a chip whose device may not be opened for the one that is wanted', async () => {
    closed = [join(root, 'dev', 'gpiochip0')];
    await writeFile(join(root, 'dev', 'gpiochip0'), '');
    expect(() => lookAtLines('gpio-cdev', [1], undefined, places())).toThrow('gpiochip0, reason=no permission');
  });
});
