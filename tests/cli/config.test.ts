import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sampleYaml } from '#tests/support/sample-yaml.ts';
import { decant, temporaryFolder } from './decant.ts';

const yaml = sampleYaml();

async function checked(text: string, ...args: string[]) {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'machine.yaml');
  await writeFile(file, text);
  return { file, ...(await decant(['config', ...args, '--file', file])) };
}

describe('decant config', () => {
  test('finds nothing wrong with the file of the demonstration', async () => {
    const { code, out, file } = await checked(yaml, 'check');
    expect({ code, out }).toEqual({ code: 0, out: `${file}: good\n` });
  });

  test('names line, path, what was found and what may stand there', async () => {
    const broken = yaml.replace('channel: 3', 'channel: 2').replace('alcohol: false', 'alcohol: sometimes');
    const line = (of: string): number => broken.split('\n').findIndex((text) => text.includes(of)) + 1;
    const { code, err, file } = await checked(broken, 'check');
    expect(code).toBe(1);
    expect(err).toContain(`${file}:${line('alcohol:')}: limits.alcohol is "sometimes"; `);
    expect(err).not.toContain('is nothing');
  });

  test('refuses a channel that two pumps share', async () => {
    const { code, err } = await checked(yaml.replace('channel: 3', 'channel: 2'), 'check');
    expect(code).toBe(1);
    expect(err).toMatch(/pumps\.3\.channel is 2; must be unique/);
  });

  test('refuses a pin that the driver does not have, one that is used twice, and two drivers in one machine', async () => {
    const wired = yaml
      .replaceAll('driver: sim', 'driver: gpio-cdev')
      .replaceAll(/channel: (\d+)/g, 'channel: $1\n    pin: gpio.$1:low')
      .replaceAll(/    flow:\n(?:      .*\n)+/g, '    flow: [{ drive: 1000, ul_per_s: 9000 }]\n');
    expect((await checked(wired, 'check')).code).toBe(0);
    const wrong = await checked(wired.replace('pin: gpio.3:low', 'pin: gpio.2').replace('gpio.5:low', 'D5'), 'check');
    expect(wrong.err).toMatch(/pumps\.3\.pin is "gpio\.2"; each pin has one use; gpio\.2 is pumps\.2\.pin already/);
    expect(wrong.err).toMatch(/pumps\.5\.pin is "D5"; with the driver gpio-cdev it must be a line of this computer/);
    const mixed = await checked(yaml.replace('driver: sim', 'driver: bridge'), 'check');
    expect(mixed.err).toMatch(/pumps\.1\.driver is "sim"; all pumps of a machine have one driver/);
  });

  test('says the mistakes as JSON too, long values cut short', async () => {
    const { code, out } = await checked(JSON.stringify('x'.repeat(5000)), 'check', '--json');
    expect(code).toBe(1);
    const { mistakes } = JSON.parse(out) as { mistakes: { found: string }[] };
    expect(mistakes[0]?.found.length).toBeLessThan(70);
  });

  test('shows the defaults', async () => {
    const { out } = await checked(yaml, 'show');
    expect(JSON.parse(out)).toMatchObject({ limits: { lease_ms: 250 }, machine: { id: 'bar-7' } });
  });

  test('prints a JSON schema that knows the pumps', async () => {
    const { code, out } = await decant(['config', 'schema']);
    expect(code).toBe(0);
    const { properties } = JSON.parse(out) as { properties: { pumps: { items: object }; hardware: object } };
    expect(properties.pumps).toMatchObject({ type: 'array' });
    expect(JSON.stringify(properties.pumps.items)).toContain('gpio.N, N being the offset on the chip');
    const { anyOf } = properties.pumps.items as { anyOf: object[] };
    expect(anyOf).toContainEqual({ required: ['port', 'pin'], properties: { driver: { enum: ['bridge'] } } });
  });
});
