import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FlowCalibration } from '#cell/planner/flow-calibration.ts';
import { readConfig } from '#shared/config.ts';
import { type MicrolitresPerSecond, microseconds } from '#shared/units.ts';
import { decant, temporaryFolder } from '#tests/cli/decant.ts';
import { sampleYaml } from '#tests/support/sample-yaml.ts';
import { machineConfig } from '#wire/machine-config.ts';

/** 2018: a pump that was never calibrated has a flow that is no number, and ends the pump controller at its first dose. */
const yaml = sampleYaml();
const [flowOfFirst = ''] = /^ {4}flow:(?: .*\n|\n(?: {6}.*\n)+)/m.exec(yaml) ?? [];

describe('a pump that was not calibrated', () => {
  it.each([
    ['no flow at all', '', 'nothing'],
    ['no points', '    flow: []\n', '[]'],
    ['a flow of 0', '    flow: [{drive: 1000, ul_per_s: 0}]\n', '0'],
    ['a flow below 0', '    flow: [{drive: 1000, ul_per_s: -2}]\n', '-2'],
    ['a flow that is no number', '    flow: [{drive: 1000, ul_per_s: .nan}]\n', 'null'],
    ['a flow without a drive', '    flow: [{ul_per_s: 5000}]\n', 'nothing'],
    ['a flow that falls', '    flow: [{drive: 500, ul_per_s: 9000}, {drive: 1000, ul_per_s: 5000}]\n', '[{"drive":500'],
  ])(
    'is refused when the configuration is read, with its line, what stands there and what may: %s',
    (_, flow, found) => {
      const text = yaml.replace(flowOfFirst, flow);
      const read = readConfig(text, machineConfig);
      if (read.ok) return expect.fail('it was accepted');
      expect(read.mistakes).toHaveLength(1);
      expect(read.mistakes[0]?.path).toMatch(/^pumps\.0\.flow/);
      expect(read.mistakes[0]?.found).toContain(found);
      expect(text.split('\n')[(read.mistakes[0]?.line ?? 0) - 1]).toMatch(/flow|line/);
    },
  );

  it('is told to whoever asks, and the command ends with 1', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'machine.yaml');
    await writeFile(file, yaml.replace(flowOfFirst, '    flow: []\n'));
    const { code, err } = await decant(['config', 'check', '--file', file]);
    expect(code).toBe(1);
    expect(err).toContain('pumps.0.flow is []; ');
  });

  it('cannot even be planned with', () => {
    const points = [{ drive: 1000, flow: Number.NaN as MicrolitresPerSecond }];
    expect(() => new FlowCalibration({ points, lag: microseconds(0), factor: 1000 })).toThrow(RangeError);
  });
});
