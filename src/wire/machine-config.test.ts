import { describe, expect, it } from 'vitest';
import { describeMistakes, readConfig, requireConfig } from '#shared/config.ts';
import { isFailure } from '#shared/failure.ts';
import { machineConfig } from './machine-config.ts';

const text = `machine: {id: bar-1, name: Bar, class: beverage}
token: {label: machine}
limits:
  glass_ul: 300000
  min_dose_ul: 5000
  pumps_at_once: 2
  orders_per_hour: 60
  licence_sat_per_day: 100000
pumps:
  - {line: 1, driver: sim, channel: 0, ingredient: cola, bottle_ul: 1000000, flow: [{drive: 1000, ul_per_s: 9000}]}
  - line: 2
    driver: sim
    channel: 1
    ingredient: milk
    bottle_ul: 1000000
    flow:
      - {drive: 400, ul_per_s: 3000}
      - {drive: 1000, ul_per_s: 9000}
desk: {port: 8080, margin_sat: 500}
marketplace: {url: 'https://market.test', broker: 'mqtts://market.test', ca: ca.pem}
payment: {network: regtest, descriptor: 'wpkh(x)', esplora: 'http://127.0.0.1:3002'}
`;

const mistakes = (changed: string) => {
  const read = readConfig(changed, machineConfig);
  return read.ok ? [] : read.mistakes;
};
const change = (from: string, to: string): string => {
  expect(text).toContain(from);
  return text.replace(from, to);
};

describe('machine.yaml', () => {
  it('is read, with what it leaves out', () => {
    const config = requireConfig('machine.yaml', text, machineConfig);
    expect(config.limits).toMatchObject({ alcohol: false, lease_ms: 250, held_ms: 30_000, dose_error_ul: 500 });
    expect(config.token).toEqual({
      module: 'auto',
      label: 'machine',
      allow_soft_token: false,
      prekey_bits: 3072,
      prekey_pool: { low: 8, batch: 8 },
    });
    expect(config.pumps[0]).toMatchObject({ liquid_factor: 1000, lag_us: 0, max_on_ms: 60_000 });
    expect(config.payment).toMatchObject({ mainnet: false, confirmations: 1 });
    expect(config.simulation).toEqual({ seed: 1, speed: 1, noise: true });
  });

  it('has a speed of its own only for a model: with it contact times would be cut short on real pumps', () => {
    const wired = text
      .replace('driver: sim, channel: 0', 'driver: bridge, port: /dev/decant-bridge, pin: D4, channel: 0')
      .replace('driver: sim\n', 'driver: bridge\n    port: /dev/decant-bridge\n    pin: D5\n');
    expect(mistakes(wired)).toEqual([]);
    const fast = 'simulation: {seed: 1, speed: 40, noise: false}\n';
    expect(mistakes(`${text}${fast}`)).toEqual([]);
    expect(mistakes(`${wired}${fast}`)).toMatchObject([
      { path: 'simulation.speed', found: '40', expected: 'only the driver sim has a speed; leave it out' },
    ]);
  });

  it.each([
    ['an unknown key', change('  glass_ul: 300000', '  glass_ul: 300000\n  glas_ul: 1'), 5, 'limits.glas_ul'],
    ['a missing key', change('  min_dose_ul: 5000\n', ''), 4, 'limits.min_dose_ul'],
    ['a value of another kind', change('pumps_at_once: 2', 'pumps_at_once: two'), 6, 'limits.pumps_at_once'],
    ['a fraction', change('orders_per_hour: 60', 'orders_per_hour: 1.5'), 7, 'limits.orders_per_hour'],
    ['a value out of range', change('channel: 1', 'channel: 32'), 13, 'pumps.1.channel'],
    ['a line twice', change('line: 2', 'line: 1'), 11, 'pumps.1.line'],
    ['an output twice', change('channel: 1', 'channel: 0'), 13, 'pumps.1.channel'],
    ['a calibration that falls', change('ul_per_s: 3000', 'ul_per_s: 9000'), 17, 'pumps.1.flow'],
    ['a calibration out of order', change('drive: 400', 'drive: 1000'), 17, 'pumps.1.flow'],
    [
      'a pump that alone draws more than all may',
      change('pumps_at_once: 2', 'pumps_at_once: 2\n  power_mw: 9999').replace(
        'channel: 1',
        'channel: 1\n    power_mw: 10000',
      ),
      15,
      'pumps.1.power_mw',
    ],
    ['a driver that does not exist', change('driver: sim\n', 'driver: relay\n'), 12, 'pumps.1.driver'],
    ['another class of machine', change('class: beverage', 'class: plotter'), 1, 'machine.class'],
    ['an id that is no name', change('id: bar-1', 'id: Bar 1'), 1, 'machine.id'],
    ['an unknown network', change('network: regtest', 'network: moon'), 21, 'payment.network'],
  ])('tells the line of %s', (_, changed, line, path) => {
    expect(mistakes(changed)).toEqual([expect.objectContaining({ line, path })]);
  });

  it('has no scale by which nothing weighs anything', () => {
    const scale = (counts: number): string =>
      `${text
        .replace('driver: sim, channel: 0', 'driver: bridge, port: /dev/decant-bridge, pin: D4, channel: 0')
        .replace(
          'driver: sim\n',
          'driver: bridge\n    port: /dev/decant-bridge\n    pin: D5\n',
        )}hardware: {load_cell: {data: A1, clock: A2, counts_per_g: ${counts}}}\n`;
    expect(mistakes(scale(-1))).toEqual([]);
    expect(mistakes(scale(1))).toEqual([]);
    expect(mistakes(scale(0)).map(({ path, found, expected }) => `${path} is ${found}; ${expected}`)).toEqual([
      'hardware.load_cell.counts_per_g is 0; must not be 0: by such a scale nothing weighs anything',
    ]);
  });

  it.each([
    ['comes to nothing', 400, 'ul_per_s: 1'],
    ['no longer rises', 100, 'ul_per_s: 8996'],
    ['is beyond what can be planned', 2000, 'ul_per_s: 500001'],
  ])('has no flow that by its liquid %s', (_, factor, flow) => {
    const high = flow === 'ul_per_s: 500001' ? 'ul_per_s: 600000' : 'ul_per_s: 9000';
    const changed = change('- {drive: 400, ul_per_s: 3000}', `- {drive: 400, ${flow}}`)
      .replace('{drive: 1000, ul_per_s: 9000}\n', `{drive: 1000, ${high}}\n`)
      .replace('    channel: 1\n', `    channel: 1\n    liquid_factor: ${factor}\n`);
    expect(mistakes(changed).map(({ path }) => path)).toEqual(['pumps.1.flow']);
    expect(mistakes(changed)[0]?.expected).toContain('must be 1 to 1000000, and rise');
  });

  it('tells every mistake at once, what was found, and what is expected', () => {
    const changed = change('channel: 1', 'channel: 99').replace('pumps_at_once: 2', 'pumps_at_once: 0');
    expect(mistakes(changed)).toHaveLength(2);
    expect(describeMistakes('machine.yaml', mistakes(changed))).toMatch(
      /^machine\.yaml:6: limits\.pumps_at_once is 0; .*\nmachine\.yaml:13: pumps\.1\.channel is 99; /,
    );
  });

  it.each([
    ['no YAML', 'machine: [', 1],
    ['a key twice', `${text}token: {label: other}\n`, 22],
  ])('tells the line of %s', (_, changed, line) => {
    expect(mistakes(changed)[0]).toMatchObject({ line, found: 'not YAML' });
  });

  it('that is empty lacks everything', () => {
    expect(mistakes('')).toEqual([expect.objectContaining({ path: '', found: 'null' })]);
  });

  it('with mistakes is refused with all of them', () => {
    const changed = change('class: beverage', 'class: plotter');
    try {
      requireConfig('machine.yaml', changed, machineConfig);
      expect.fail('refused');
    } catch (error) {
      if (!isFailure(error, 'config/invalid')) throw error;
      expect(error.facts['mistakes']).toContain('machine.yaml:1: machine.class is "plotter"');
    }
  });

  it('may have 32 outputs, and not a 33rd', () => {
    const pump = (line: number): string =>
      `  - {line: ${line}, driver: sim, channel: ${line - 1}, ingredient: l${line}, bottle_ul: 1, flow: [{drive: 1, ul_per_s: 1}]}\n`;
    const pumps = (count: number): string =>
      text.replace(
        /pumps:\n[\s\S]*desk:/,
        `pumps:\n${Array.from({ length: count }, (_, i) => pump(i + 1)).join('')}desk:`,
      );
    expect(mistakes(pumps(32))).toEqual([]);
    expect(mistakes(pumps(33))).toEqual([expect.objectContaining({ path: 'pumps.32.channel', line: 42 })]);
  });
});
