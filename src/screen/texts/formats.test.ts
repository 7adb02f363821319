import { describe, expect, it } from 'vitest';
import { addressGroups, formatBtc, formatCountdown, formatMl, formatSat } from './formats.ts';

describe('formats', () => {
  it('write money as the language does', () => {
    expect(formatSat('de', 12_500)).toBe('12.500\u00a0sat');
    expect(formatSat('en', 12_500)).toBe('12,500\u00a0sat');
    expect(formatBtc('de', 12_500)).toBe('0,00012500\u00a0BTC');
  });

  it('write volumes in whole millilitres', () => {
    expect(formatMl('en', 198_400)).toBe('198\u00a0ml');
  });

  it('count down to zero and not below', () => {
    expect(formatCountdown(599_001)).toBe('10:00');
    expect(formatCountdown(65_000)).toBe('1:05');
    expect(formatCountdown(-5)).toBe('0:00');
  });

  it('group an address without losing a character', () => {
    const address = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
    expect(addressGroups(address).join('')).toBe(address);
    expect(addressGroups(address)[0]).toBe('bcrt');
  });
});
