import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '#shared/config.ts';
import { failureCodes } from '#shared/failure-codes.ts';
import { type MachineConfig, machineConfig } from '#wire/machine-config.ts';
import { decant } from '../cli/decant.ts';
import { root } from '../run/program.ts';

const folder = join(root, 'firmware-bridge');
const text = (path: string): string => readFileSync(join(folder, path), 'utf8');
const page = text('HARDWARE.md');

const builds = [
  { heading: '## Build A: relay board', example: 'examples/relay-board.yaml', picture: 'pictures/relay-board.svg' },
  {
    heading: '## Build B: microcontroller board',
    example: 'examples/microcontroller-board.yaml',
    picture: 'pictures/microcontroller-board.svg',
  },
] as const;

/** Every pin in a part of the configuration, as it stands there. */
function pinsIn(value: unknown): string[] {
  if (typeof value === 'string') return /^(?:gpio\.|[DA])\d+(?::|$)/.test(value) ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(pinsIn) : [];
}

/** What the build's table of pins says: the pin, what hangs on it, and how machine.yaml names it. */
function pinTable(heading: string): { pin: string; what: string; named: string }[] {
  const [, build = ''] = page.split(`\n${heading}\n`);
  const [, pins = ''] = (build.split('\n## ')[0] ?? '').split('\n### Pins\n');
  const rows = [...(pins.split('\n### ')[0] ?? '').matchAll(/^\| ((?:gpio\.|[DA])\d+) \|(.+)\|$/gm)];
  return rows.map(([, pin = '', rest = '']) => {
    const cells = rest.split('|').map((cell) => cell.trim());
    const what = cells.find((cell) => /^[a-z]/.test(cell)) ?? '';
    const named = cells.find((cell) => cell.startsWith('`')) ?? '';
    return { pin, what, named: named.replaceAll('`', '') };
  });
}

function example(path: string): MachineConfig {
  const read = readConfig(text(path), machineConfig);
  if (!read.ok) throw new Error(`${path}: ${JSON.stringify(read.mistakes)}`);
  return read.value;
}

describe.each(builds)('$example', ({ heading, example: path, picture }) => {
  test('is found good by decant config check', async () => {
    const { code, out } = await decant(['config', 'check', '--file', join(folder, path)]);
    expect({ code, out }).toEqual({ code: 0, out: `${join(folder, path)}: good\n` });
  });

  test('has the pins of the table on the page, and no other', () => {
    const { pumps, hardware } = example(path);
    const table = pinTable(heading).map(({ named }) => named);
    expect(table.toSorted()).toEqual(pinsIn([pumps, hardware]).toSorted());
    expect(table.length).toBeGreaterThan(17);
  });

  test('has each pump, contact and sensor on the pin where the table has it', () => {
    const { pumps, hardware } = example(path);
    const roles = new Map(pinTable(heading).map(({ what, named }) => [what, named]));
    for (const [i, { pin, level, sense, flow_meter: meter }] of pumps.entries()) {
      expect(roles.get(`pump ${i + 1}`)).toBe(pin);
      if (level !== undefined) expect(roles.get(`level, line ${i + 1}`)).toBe(level);
      if (sense !== undefined) expect(roles.get(`current of pump ${i + 1}`)).toBe(sense);
      if (meter !== undefined) expect(roles.get(`flow meter, line ${i + 1}`)).toBe(meter.pin);
    }
    for (const name of ['glass', 'door', 'tray', 'supply_present', 'service_key'] as const) {
      expect(roles.get(name.replace('_', ' '))).toBe(hardware[name]);
    }
    expect(roles.get('supply (K2)')).toBe(hardware.supply);
  });

  test('names its pins by the number that stands in the first column', () => {
    for (const { pin, named } of pinTable(heading)) expect(named.split(':')[0]).toBe(pin);
  });

  test('has its pins, and no other, in the picture', () => {
    const drawn = [...text(picture).matchAll(/<text class="name[^"]*"[^>]*>((?:gpio\.|[DA])\d+)<\/text>/g)];
    expect(drawn.map(([, pin = '']) => pin).toSorted()).toEqual(
      pinTable(heading)
        .map(({ pin }) => pin)
        .toSorted(),
    );
  });
});

describe('HARDWARE.md', () => {
  test('names only commands and actions that exist', async () => {
    const named = [...page.matchAll(/`decant ([^`]+)`/g)].map(([, words = '']) => words.split(' '));
    expect(named.length).toBeGreaterThan(10);
    const helps = new Map<string, string>();
    for (const command of new Set(named.map(([first = '']) => first))) {
      const { code, out } = await decant([command, '--help']);
      expect(code, `decant ${command}`).toBe(0);
      helps.set(command, out);
    }
    for (const [command = '', ...words] of named) {
      for (const word of words.filter((one) => !/^\d+$/.test(one))) {
        const stands = new RegExp(`(?:^|[ |[])${word}(?:[ |\\],.;]|$)`, 'm');
        expect(helps.get(command), `decant ${command} ${word}`).toMatch(stands);
      }
    }
  });

  test('names only failures that exist', () => {
    const named = [...page.matchAll(/`((?:dispenser|machine)\/[a-z-]+)`/g)].map(([, code = '']) => code);
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((code) => !(failureCodes as readonly string[]).includes(code))).toEqual([]);
  });
});

describe.each(['channel', 'stop-circuit', 'relay-board', 'microcontroller-board'])('pictures/%s.svg', (name) => {
  const picture = text(`pictures/${name}.svg`);

  test('loads nothing from elsewhere and runs nothing', () => {
    expect([...picture.matchAll(/\b(?:href|src)="([^"]*)"/g)].filter(([, to = '']) => !to.startsWith('#'))).toEqual([]);
    expect(picture).not.toMatch(/<(?:image|script|foreignObject)\b|@import|@font-face|url\(/);
  });

  test('draws only parts that it defines', () => {
    const used = new Set([...picture.matchAll(/href="#([\w-]+)"/g)].map(([, id]) => id));
    const defined = new Set([...picture.matchAll(/<symbol id="([\w-]+)"/g)].map(([, id]) => id));
    expect(used).toEqual(defined);
  });

  test('says what it shows to whoever cannot see it, and has colours for light and dark', () => {
    expect(picture).toMatch(/<title id="title">.+<\/title>\s+<desc id="description">.{80,}<\/desc>/);
    expect(picture).toContain('prefers-color-scheme: dark');
  });
});
