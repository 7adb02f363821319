import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hardwareMistakes, type WiredPump, type Wiring } from './hardware-rules.ts';

const point = { drive: 1000, ul_per_s: 9000 };
const none: Wiring = { watchdog: null };

function bridge(others: Partial<WiredPump> = {}): WiredPump {
  return { driver: 'bridge', port: '/dev/decant-bridge', pin: 'D5', flow: [point], ...others };
}

function gpio(others: Partial<WiredPump> = {}): WiredPump {
  return { driver: 'gpio-cdev', pin: 'gpio.17:low', flow: [point], ...others };
}

function sim(others: Partial<WiredPump> = {}): WiredPump {
  return { driver: 'sim', flow: [point, point], ...others };
}

describe('the wiring of a machine', () => {
  it.each<[string, WiredPump[], Wiring]>([
    ['a simulated machine without pins', [sim(), sim()], none],
    [
      'a bridge with everything that it can do',
      [
        bridge({ pin: 'D3', flow: [point, point], sense: 'D2:low:pu', level: 'A0:pu', flow_meter: { pin: 'A1' } }),
        bridge({ pin: 'D13:low' }),
      ],
      {
        supply: 'D12',
        glass: 'D4:low:pu',
        door: 'D7:pu',
        tray: 'D8:pu',
        supply_present: 'A2',
        service_key: 'A3:pu',
        load_cell: { data: 'A4', clock: 'A5' },
        watchdog: null,
      },
    ],
    [
      'lines of this computer by the character device',
      [gpio({ sense: 'gpio.0:low:pu', level: 'gpio.5:pd' }), gpio({ pin: 'gpio.27' })],
      { chip: 'pinctrl-rp1', supply: 'gpio.22', glass: 'gpio.23:low:pu', watchdog: '/dev/watchdog' },
    ],
    ['lines of this computer by sysfs, without pulls', [gpio({ driver: 'gpio', sense: 'gpio.18:low' })], none],
  ])('may be %s', (_, pumps, hardware) => {
    expect(hardwareMistakes(pumps, hardware)).toEqual([]);
  });

  it.each<[string, string, WiredPump[], Wiring, string]>([
    ['pumps with two drivers', 'pumps.1.driver', [bridge(), gpio()], none, 'pump 1 of the list has bridge'],
    ['a bridge without port', 'pumps.0.port', [bridge({ port: undefined })], none, 'needs the serial port'],
    [
      'two bridges',
      'pumps.1.port',
      [bridge(), bridge({ pin: 'D6', port: '/dev/ttyUSB1' })],
      none,
      '/dev/decant-bridge',
    ],
    ['a port without bridge', 'pumps.0.port', [gpio({ port: '/dev/ttyUSB0' })], none, 'only the driver bridge'],
    [
      'a port of the simulated machine',
      'pumps.0.port',
      [sim({ port: '/dev/ttyUSB0' })],
      none,
      'only the driver bridge',
    ],
    ['a bridge pump without pin', 'pumps.0.pin', [bridge({ pin: undefined })], none, 'D2 … D13 or A0 … A5'],
    ['a gpio pump without pin', 'pumps.0.pin', [gpio({ pin: undefined })], none, 'gpio.N'],
    ['the serial line as an output', 'pumps.0.pin', [bridge({ pin: 'D1' })], none, 'D0 and D1 are its serial line'],
    ['a pin that the microcontroller has not', 'pumps.0.pin', [bridge({ pin: 'D14' })], none, 'D2 … D13'],
    ['a pin that is no input either', 'hardware.glass', [bridge()], { ...none, glass: 'A6' }, 'A0 … A5'],
    ['a line of this computer at the bridge', 'pumps.0.pin', [bridge({ pin: 'gpio.5' })], none, 'D2 … D13'],
    ['a pin of the bridge at this computer', 'pumps.0.sense', [gpio({ sense: 'D5' })], none, 'gpio.N'],
    ['a line with a leading zero', 'pumps.0.pin', [gpio({ pin: 'gpio.017' })], none, 'gpio.N'],
    ['a pump output with a pull', 'pumps.0.pin', [bridge({ pin: 'D5:low:pu' })], none, 'an output has no pull'],
    ['a supply with a pull', 'hardware.supply', [gpio()], { ...none, supply: 'gpio.4:pd' }, 'an output has no pull'],
    ['a pull-down at the bridge', 'pumps.0.level', [bridge({ level: 'D4:pd' })], none, 'pull-ups only'],
    ['a pull by sysfs', 'pumps.0.level', [gpio({ driver: 'gpio', level: 'gpio.4:pu' })], none, 'gpio-cdev'],
    [
      'speeds on a pin without PWM',
      'pumps.0.pin',
      [bridge({ pin: 'D9', flow: [point, point] })],
      none,
      'D3, D5, D6, D11',
    ],
    ['speeds at this computer', 'pumps.0.flow', [gpio({ flow: [point, point] })], none, 'give one point'],
    [
      'a flow meter at this computer',
      'pumps.0.flow_meter',
      [gpio({ flow_meter: { pin: 'gpio.4' } })],
      none,
      'lose pulses',
    ],
    ['a pin of the simulated machine', 'pumps.0.pin', [sim({ pin: 'D5' })], none, 'the driver sim has no pins'],
    ['a flow meter of the simulated machine', 'pumps.0.flow_meter', [sim({ flow_meter: { pin: 'D5' } })], none, 'sim'],
    ['a contact of the simulated machine', 'hardware.door', [sim()], { ...none, door: 'D5' }, 'sim'],
    ['a watchdog at the bridge', 'hardware.watchdog', [bridge()], { watchdog: '/dev/watchdog' }, 'by itself'],
    ['a watchdog at the simulated machine', 'hardware.watchdog', [sim()], { watchdog: '/dev/watchdog' }, 'sim'],
    ['a watchdog that is a file', 'hardware.watchdog', [gpio()], { watchdog: '/etc/passwd' }, '/dev/watchdog'],
    ['a chip at the bridge', 'hardware.chip', [bridge()], { ...none, chip: 'pinctrl-rp1' }, 'only gpio and gpio-cdev'],
  ])('may not be %s', (_, path, pumps, hardware, says) => {
    const found = hardwareMistakes(pumps, hardware);
    expect(found.map((mistake) => mistake.path.join('.'))).toEqual([path]);
    expect(found[0]?.message).toContain(says);
  });

  it('may not have a load cell at this computer', () => {
    const cell = { data: 'gpio.4', clock: 'gpio.5' };
    const found = hardwareMistakes([gpio()], { ...none, load_cell: cell });
    expect(found.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      expect.stringMatching(/^hardware\.load_cell: .*HX711/),
    ]);
  });

  it('tells the use of a pin that is used twice at both places, whatever its level', () => {
    const pumps = [gpio({ pin: 'gpio.17:low' }), gpio({ pin: 'gpio.17:high' })];
    expect(hardwareMistakes(pumps, none)).toEqual([
      { path: ['pumps', 1, 'pin'], message: 'each pin has one use; gpio.17 is pumps.0.pin already' },
    ]);
  });

  it('never has a pin twice, whichever two of its places share it', () => {
    const places = [
      'pin',
      'sense',
      'level',
      'flow_meter',
      'supply',
      'glass',
      'door',
      'tray',
      'supply_present',
    ] as const;
    const place = fc.constantFrom(...places, 'service_key' as const, 'data' as const, 'clock' as const);
    fc.assert(
      fc.property(place, place, (one, other) => {
        fc.pre(one !== other);
        const pin = (name: string, i: number): string => (name === one || name === other ? 'D2' : (free[i] ?? ''));
        const { pumps, hardware } = everyPlace(pin);
        const doubled = hardwareMistakes(pumps, hardware).filter(({ message }) => message.startsWith('each pin'));
        expect(doubled).toHaveLength(1);
      }),
    );
  });
});

const free = ['D3', 'D4', 'D5', 'D6', 'D7', 'D8', 'D9', 'D10', 'D11', 'D12', 'D13', 'A0'];

function everyPlace(pin: (name: string, i: number) => string): { pumps: WiredPump[]; hardware: Wiring } {
  return {
    pumps: [
      bridge({
        pin: pin('pin', 0),
        sense: pin('sense', 1),
        level: pin('level', 2),
        flow_meter: { pin: pin('flow_meter', 3) },
      }),
    ],
    hardware: {
      supply: pin('supply', 4),
      glass: pin('glass', 5),
      door: pin('door', 6),
      tray: pin('tray', 7),
      supply_present: pin('supply_present', 8),
      service_key: pin('service_key', 9),
      load_cell: { data: pin('data', 10), clock: pin('clock', 11) },
      watchdog: null,
    },
  };
}
