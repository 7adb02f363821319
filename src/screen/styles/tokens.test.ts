import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8');
const darkAt = css.indexOf('prefers-color-scheme: dark');
const contrastAt = css.indexOf('prefers-contrast');

function tokens(part: string): Map<string, string> {
  return new Map(
    [...part.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name ?? '', value ?? '']),
  );
}

const light = tokens(css.slice(0, darkAt));
const dark = new Map([...light, ...tokens(css.slice(darkAt, contrastAt))]);

/** Relative luminance, WCAG 2.2 "relative luminance". */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const pairs = [
  ['ink', 'paper'],
  ['ink', 'paper-high'],
  ['ink-soft', 'paper'],
  ['ink-soft', 'paper-high'],
  ['ink', 'warn-paper'],
  ['warn', 'warn-paper'],
  ['ink-soft', 'warn-paper'],
  ['ink-on-main', 'main'],
  ['ink-on-main', 'main-pressed'],
  ['on-stop', 'stop'],
  ['on-stop', 'stop-pressed'],
] as const;

describe.each([
  ['light', light],
  ['dark', dark],
] as const)('the %s theme', (_name, theme) => {
  it.each(pairs)('sets %s on %s with a contrast of at least 4.5 to 1', (text, ground) => {
    expect(contrast(theme.get(text) ?? '', theme.get(ground) ?? '')).toBeGreaterThanOrEqual(4.5);
  });

  it('draws the focus with a contrast of at least 3 to 1', () => {
    expect(contrast(theme.get('focus') ?? '', theme.get('paper') ?? '')).toBeGreaterThanOrEqual(3);
  });
});
