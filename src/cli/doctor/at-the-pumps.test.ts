import { describe, expect, test } from 'vitest';
import { Failure } from '#shared/failure.ts';
import type { FailureCode } from '#shared/failure-codes.ts';
import { testConfig } from '#tests/support/cell/cell-world.ts';
import type { CellStatus } from '#wire/cell-api.ts';
import type { MachineConfig } from '#wire/machine-config.ts';
import { checkPumps } from './at-the-pumps.ts';

const config = testConfig();
const on = (driver: MachineConfig['pumps'][number]['driver']): MachineConfig => ({
  ...config,
  pumps: config.pumps.map((pump) => ({ ...pump, driver })),
});
const saying = (supply: CellStatus['contacts']['supply']): CellStatus =>
  ({ contacts: { glass: 'open', door: 'unfitted', tray: 'unfitted', supply, service_key: 'open' } }) as CellStatus;
const never = () => expect.fail('the cell has it open');

describe('doctor judges what pumps hang on', () => {
  test.each<[string, FailureCode, Record<string, string>, string]>([
    ['a port that is gone', 'dispenser/port-unavailable', { port: '/dev/x', reason: 'missing' }, 'pumps/port-missing'],
    ['a port for others', 'dispenser/port-unavailable', { port: 'x', reason: 'not-permitted' }, 'pumps/port-closed'],
    ['a port in use', 'dispenser/port-unavailable', { port: 'x', reason: 'busy', by: 'cu (7)' }, 'pumps/port-busy'],
    ['a port that is none', 'dispenser/port-unavailable', { port: 'x', reason: 'unusable' }, 'pumps/port-unusable'],
    ['a chip that is not there', 'dispenser/no-chip', { wanted: 'a', found: 'b' }, 'pumps/no-chip'],
    ['a line in use', 'dispenser/line-taken', { line: 'gpio.4', chip: 'a', by: 'w1' }, 'pumps/line-taken'],
    ['lines for others', 'dispenser/failed', { chip: 'a', reason: 'no permission' }, 'pumps/no-access'],
    ['a line that is none', 'dispenser/failed', { line: 'gpio.99', reason: 'EIO' }, 'pumps/line-unusable'],
  ])('%s, with what is known of it', async (_, code, facts, name) => {
    const look = () => Promise.reject(new Failure(code, facts));
    expect(await checkPumps({ config: on('bridge'), status: null }, look)).toEqual({ state: 'bad', name, facts });
  });

  test('by the cell’s word while it runs, and looks at nothing then', async () => {
    const judged = async (supply: CellStatus['contacts']['supply']): Promise<string> =>
      (await checkPumps({ config: on('bridge'), status: saying(supply) }, never)).name;
    expect(await judged('made')).toBe('pumps/running');
    expect(await judged('unfitted')).toBe('pumps/running');
    expect(await judged('open')).toBe('pumps/no-supply');
  });

  test('as good when nothing is wrong, as a model where it is one, and not at all without a configuration', async () => {
    const look = () => Promise.resolve();
    expect(await checkPumps({ config: on('gpio'), status: null }, look)).toMatchObject({
      state: 'good',
      name: 'pumps/good',
    });
    expect((await checkPumps({ config, status: saying('made') }, never)).name).toBe('pumps/simulated');
    expect((await checkPumps({ config: null, status: null }, never)).state).toBe('skipped');
  });
});
