import { describe, expect, it } from 'vitest';
import { contactLines, gpioPin, pumpLines } from './gpio-options.ts';

const line = (name: string) => ({ name, active: 'low', pull: 'up' }) as const;

describe('the lines of a configuration', () => {
  it('are found by their offsets on the chip', () => {
    expect(gpioPin(line('gpio.17'))).toEqual({ offset: 17, active: 'low', pull: 'up' });
    expect(() => gpioPin(line('D5'))).toThrow('dispenser/failed (line=D5');
  });

  it('are those that are fitted', () => {
    expect(contactLines({ glass: line('gpio.1'), door: undefined })).toEqual({ glass: gpioPin(line('gpio.1')) });
    expect(pumpLines([{ pump: 3, pin: line('gpio.4'), sense: undefined, level: line('gpio.5') }])).toEqual([
      { pump: 3, pin: gpioPin(line('gpio.4')), level: gpioPin(line('gpio.5')) },
    ]);
  });
});
