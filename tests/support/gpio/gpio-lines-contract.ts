import { describe, expect, it } from 'vitest';
import type { GpioLines, GpioPin } from '#firmware-bridge/gpio/gpio-lines.ts';

type Level = 0 | 1;

/** A chip of at least 24 lines on the bench, none of them claimed, with the world around its pins. */
export interface GpioBench {
  readonly lines: GpioLines;
  /** The level at a pin. */
  readonly level: (offset: number) => Level;
  /** Pulls a line from outside. */
  readonly pull: (offset: number, level: Level) => void;
  /** Every level that was driven on the line since the bench was made, in order. */
  readonly driven: (offset: number) => readonly Level[];
  /** Lets another program have the line. */
  readonly take: (offset: number) => void;
  /** Resolves when `is` answers yes; fails when it does not do so soon. */
  readonly until: (is: () => boolean) => Promise<void>;
}

const pin = (offset: number, active: GpioPin['active'] = 'high'): GpioPin => ({ offset, active, pull: 'none' });

/** What the lines of a chip do, whatever reaches them. */
export function gpioLinesContract(name: string, open: () => Promise<GpioBench>): void {
  describe(`${name} keeps the contract of GPIO lines:`, () => {
    keepsOutputs(open);
    keepsInputs(open);
    keepsToItsOwn(open);
  });
}

type Open = () => Promise<GpioBench>;

function keepsOutputs(open: Open): void {
  it.each<[GpioPin['active'], Level, Level]>([
    ['high', 0, 1],
    ['high', 0, 0],
    ['low', 1, 0],
    ['low', 1, 1],
  ])(
    'an output that is active %s is driven %i and nothing else when it is claimed, whatever pulls at it',
    async (active, inactive, pulled) => {
      const { lines, pull, driven, level } = await open();
      pull(4, pulled);
      const output = lines.output(pin(4, active));
      expect(driven(4)).toEqual([inactive]);
      expect(level(4)).toBe(inactive);
      expect(output.isActive()).toBe(false);
      lines[Symbol.dispose]();
    },
  );

  it.each<[GpioPin['active'], Level[]]>([
    ['high', [0, 1, 0, 1]],
    ['low', [1, 0, 1, 0]],
  ])('an output that is active %s follows what is written, and is read back', async (active, levels) => {
    const { lines, driven, level } = await open();
    const output = lines.output(pin(6, active));
    const seen = [level(6)];
    for (const wanted of [true, false, true]) {
      output.write(wanted);
      expect(output.isActive()).toBe(wanted);
      seen.push(level(6));
    }
    expect(seen).toEqual(levels);
    expect(driven(6)).toEqual(levels);
    lines[Symbol.dispose]();
  });

  it('closing drives every output inactive', async () => {
    const { lines, driven } = await open();
    lines.output(pin(8, 'low')).write(true);
    lines.output(pin(9, 'high')).write(true);
    lines[Symbol.dispose]();
    expect([driven(8).at(-1), driven(9).at(-1)]).toEqual([1, 0]);
  });

  it('an output that is claimed again after closing is driven inactive', async () => {
    const first = await open();
    first.lines.output(pin(10, 'low')).write(true);
    first.lines[Symbol.dispose]();
    const { lines, driven, level } = await open();
    lines.output(pin(10, 'low'));
    expect(driven(10).every((each) => each === 1)).toBe(true);
    expect(level(10)).toBe(1);
    lines[Symbol.dispose]();
  });
}

function keepsInputs(open: Open): void {
  it('an input tells what its line is, by what counts as active', async () => {
    const { lines, pull } = await open();
    pull(12, 1);
    pull(13, 1);
    const [high, low] = [lines.input(pin(12, 'high')), lines.input(pin(13, 'low'))];
    expect([high.isActive(), low.isActive()]).toEqual([true, false]);
    pull(12, 0);
    pull(13, 0);
    expect([high.isActive(), low.isActive()]).toEqual([false, true]);
    lines[Symbol.dispose]();
  });

  it.each<GpioPin['active']>(['high', 'low'])(
    'an input that is active %s tells each change, until nobody listens',
    async (active) => {
      const { lines, pull, until } = await open();
      const [made, open_]: [Level, Level] = active === 'high' ? [1, 0] : [0, 1];
      pull(14, open_);
      pull(15, open_);
      const input = lines.input(pin(14, active));
      const other = lines.input(pin(15, active));
      const told: boolean[] = [];
      const others: boolean[] = [];
      const listening = input.onChange((is) => told.push(is));
      other.onChange((is) => others.push(is));
      pull(14, made);
      await until(() => told.length === 1);
      pull(14, open_);
      await until(() => told.length === 2);
      listening[Symbol.dispose]();
      pull(14, made);
      pull(15, made);
      await until(() => others.length === 1);
      expect([told, others]).toEqual([[true, false], [true]]);
      lines[Symbol.dispose]();
    },
  );
}

function keepsToItsOwn(open: Open): void {
  it('a line that another program has is refused, and the others are not', async () => {
    const { lines, take } = await open();
    take(17);
    expect(() => lines.output(pin(17))).toThrow('dispenser/line-taken (line=gpio.17');
    expect(() => lines.input(pin(17))).toThrow('dispenser/line-taken');
    expect(lines.output(pin(18)).isActive()).toBe(false);
    lines[Symbol.dispose]();
  });

  it('a line that the chip does not have is refused', async () => {
    const { lines } = await open();
    expect(() => lines.output(pin(400))).toThrow('dispenser/failed (line=gpio.400');
    lines[Symbol.dispose]();
  });
}
