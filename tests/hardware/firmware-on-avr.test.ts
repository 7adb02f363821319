import { expect, inject, it } from 'vitest';
import { type Board, type Edge, pulses } from '#tests/support/board.ts';
import { BridgeLine, order, Refused, request, rows, u8, u16, u32 } from '#tests/support/bridge-line.ts';
import { measured, startAvrBoard } from './avr-board.ts';

const tickNs = 16_000;
const event = { ended: 0x80, inputs: 0x81, weight: 0x82, reset: 0x83 } as const;
const noSense = 0xff;

interface Bench extends AsyncDisposable {
  readonly board: Board;
  readonly line: BridgeLine;
}

async function powerUp(firmware?: 'hanging'): Promise<Bench> {
  const board = await startAvrBoard(inject('runFolder'), firmware);
  const line = await BridgeLine.open(board.path);
  return {
    board,
    line,
    [Symbol.asyncDispose]: async () => {
      await line[Symbol.asyncDispose]();
      await board[Symbol.asyncDispose]();
    },
  };
}

function pump(number: number, pin: number, flags = 0, sense = noSense): Buffer {
  return Buffer.concat([u8(number, pin, flags, sense, 0), u32(60_000_000), u32(600_000), u32(10_000)]);
}

/** Session 7 with pumps on the pins 4, 8 (active low), 6 and 3 (speed), 14 (A0), 12, and the supply on 2. */
async function configure(line: BridgeLine): Promise<void> {
  await line.hello(7);
  await line.ask(request.pump, pump(0, 4));
  await line.ask(request.pump, pump(1, 8, 1));
  await line.ask(request.pump, pump(2, 6, 2));
  await line.ask(request.pump, pump(3, 3, 2));
  await line.ask(request.pump, pump(4, 14));
  await line.ask(request.pump, pump(5, 12));
  await line.ask(request.supply, u8(2, 0));
  await line.ask(request.enable);
}

type Row = readonly [number, number, number, number];

/** Arms the steps, nine to a frame. */
async function arm(line: BridgeLine, job: number, steps: readonly Row[], leaseMs = 5000): Promise<void> {
  for (let first = 0; first < steps.length; first += 9) {
    await line.ask(request.steps, u8(first), rows(...steps.slice(first, first + 9)));
  }
  await line.ask(request.arm, order({ job, rows: rows(...steps), leaseMs }));
}

/** Asks for the status as fast as the line carries it until the job has ended; answers how it did. */
async function loadUntilEnd(line: BridgeLine, job: number): Promise<number> {
  for (;;) {
    const status = await line.ask(request.renew, u32(job), u16(5000));
    if (status[8] !== 0) return status[8] ?? 0;
  }
}

const isOn = (pin: number) => (edges: readonly Edge[]) => edges.some((each) => each.pin === pin && each.level === '1');

it('after power up no pin is driven before a host has configured it, and then it is off first', async () => {
  await using on = await powerUp();
  await on.line.hello(7);
  expect(on.board.edges).toEqual([]);
  await on.line.ask(request.pump, pump(0, 4));
  await on.line.ask(request.pump, pump(1, 8, 1));
  expect(on.board.edges.map(({ pin, level }) => [pin, level])).toEqual([
    [4, '0'],
    [8, '1'],
  ]);
  await expect(on.line.ask(request.pump, pump(2, 1))).rejects.toEqual(new Refused(7, 2));
});

it('doses are exact to one tick, measured in cycles, while the line is as busy as can be', async () => {
  await using on = await powerUp();
  await configure(on.line);
  const planned = new Map<number, number[]>([4, 8, 14, 12].map((pin) => [pin, []]));
  const pins = [4, 8, 14, 12];
  const numbers = [0, 1, 4, 5];
  for (let job = 1; job <= 6; job += 1) {
    const steps: Row[] = [];
    for (let i = 0; i < 60; i += 1) {
      const which = i % 4;
      const start = 200 * (i - which) + 37 * which * job;
      const length = 61 + ((i * 89 + job * 131) % 600);
      steps.push([numbers[which] ?? 0, 1000, start, start + length]);
      planned.get(pins[which] ?? 0)?.push(length);
    }
    await arm(on.line, job, steps);
    expect(await loadUntilEnd(on.line, job)).toBe(1);
  }
  const errors = pins.flatMap((pin) => {
    const activeLow = pin === 8;
    const flipped = on.board.edges.map((edge) => ({ ...edge, level: edge.level === '1' ? '0' : '1' }) as const);
    // the active-low one was driven high when it was configured, which is no dose
    const measuredNs = pulses(activeLow ? flipped : on.board.edges, pin);
    const lengths = planned.get(pin) ?? [];
    expect(measuredNs.length).toBe(lengths.length);
    return measuredNs.map((ns, i) => Math.abs(ns - (lengths[i] ?? 0) * tickNs));
  });
  const worst = Math.max(...errors);
  console.log(`${errors.length} doses, worst error ${worst} ns (${worst / 62.5} cycles), a tick has ${tickNs} ns`);
  expect(worst).toBeLessThanOrEqual(tickNs);
});

it('edges at one tick are switched within that tick, and edges at neighbouring ticks in theirs', async () => {
  await using on = await powerUp();
  await configure(on.line);
  await arm(on.line, 1, [
    [0, 1000, 100, 1000],
    [1, 1000, 100, 1001],
    [4, 1000, 100, 1002],
    [5, 1000, 100, 1003],
    [2, 1000, 100, 1004],
    [3, 1000, 100, 1004],
  ]);
  await loadUntilEnd(on.line, 1);
  const starts = on.board.edges.filter((edge) => edge.level === (edge.pin === 8 ? '0' : '1') && edge.pin !== 2);
  const together = starts.map(({ ns }) => ns);
  const spread = Math.max(...together) - Math.min(...together);
  const first = Math.min(...together);
  const ends = [4, 8, 14, 12, 6, 3].map((pin) => on.board.edges.filter((edge) => edge.pin === pin).at(-1)?.ns ?? 0);
  const due = [900, 901, 902, 903, 904, 904];
  const late = ends.map((ns, i) => ns - first - (due[i] ?? 0) * tickNs);
  console.log(`together within ${spread} ns; ends off by ${late.join(', ')} ns`);
  expect(spread).toBeLessThan(tickNs);
  expect(Math.max(...late.map(Math.abs))).toBeLessThanOrEqual(tickNs);
});

it('a lease that nobody renews ends the dose within a millisecond of its time', async () => {
  await using on = await powerUp();
  await configure(on.line);
  await arm(on.line, 1, [[0, 1000, 0, 125_000]], 250);
  expect((await on.line.event(event.ended)).payload[4]).toBe(3);
  const [onNs = 0] = pulses(on.board.edges, 4);
  expect(onNs).toBeGreaterThan(247e6);
  expect(onNs).toBeLessThan(254e6);
});

it('the reset line in a dose lets go of every output at once, and the record tells the dose to 1.5 ms', async () => {
  await using on = await powerUp();
  await configure(on.line);
  await arm(on.line, 3, [[0, 1000, 0, 62_500]]);
  await on.board.until(isOn(4));
  await loadFor(on.line, 3, 20);
  on.board.command('reset');
  const again = await on.line.event(event.reset, ({ payload }) => payload[0] === 2);
  expect(again.payload[0]).toBe(2);
  expect(on.board.edges.filter((edge) => edge.pin === 4).at(-1)?.level).toBe('z');
  const hello = await on.line.hello(8);
  expect([hello[12], hello.readUInt32LE(17)]).toEqual([2, 3]);
  const last = await on.line.ask(request.last, u8(0));
  expect([last.readUInt32LE(0), last[4]]).toEqual([3, 6]);
  const [onNs = 0] = pulses(on.board.edges, 4);
  const missing = onNs - last.readUInt32LE(13) * tickNs;
  expect(missing).toBeGreaterThanOrEqual(0);
  expect(missing).toBeLessThan(1.5e6);
  const staged = rows([0, 1000, 0, 100]);
  await expect(on.line.ask(request.arm, order({ job: 3, rows: staged }))).rejects.toEqual(new Refused(5, 0));
});

async function loadFor(line: BridgeLine, job: number, requests: number): Promise<void> {
  for (let i = 0; i < requests; i += 1) await line.ask(request.renew, u32(job), u16(5000));
}

it('a main loop that hangs is reset by the watchdog in 120 ms, with the outputs off', async () => {
  await using on = await powerUp('hanging');
  await configure(on.line);
  await arm(on.line, 1, [[0, 1000, 0, 62_500]]);
  await on.board.until(isOn(4));
  const onAt = on.board.edges.find((edge) => edge.pin === 4 && edge.level === '1')?.ns ?? 0;
  on.board.command('pin 19 1');
  await on.board.until((edges) => edges.some((edge) => edge.pin === 4 && edge.level === 'z'));
  on.board.command('pin 19 0');
  const reset = await on.line.event(event.reset, ({ payload }) => payload[0] === 4);
  expect(reset.payload[0]).toBe(4);
  const offAt = on.board.edges.filter((edge) => edge.pin === 4).at(-1)?.ns ?? 0;
  expect(offAt - onAt).toBeLessThan(300e6);
  await on.line.hello(8);
  const last = await on.line.ask(request.last, u8(0));
  const missing = offAt - onAt - last.readUInt32LE(13) * tickNs;
  expect(missing).toBeGreaterThanOrEqual(0);
  expect(missing).toBeLessThan(1.5e6);
});

it('an output that reads back stuck ends the job and cuts the supply', async () => {
  await using on = await powerUp();
  await configure(on.line);
  await arm(on.line, 1, [[0, 1000, 0, 62_500]]);
  await on.board.until(isOn(4));
  on.board.command('stick 4 0');
  expect((await on.line.event(event.ended)).payload[4]).toBe(4);
  expect(on.board.edges.filter((edge) => edge.pin === 2).at(-1)?.level).toBe('0');
  expect(on.board.edges.filter((edge) => edge.pin === 4).at(-1)?.level).toBe('0');
});

it('a slowed pump has the duty that was asked for, from tick to tick', async () => {
  await using on = await powerUp();
  await configure(on.line);
  await arm(on.line, 1, [
    [2, 500, 0, 1000],
    [3, 250, 0, 700],
    [2, 1000, 1000, 1200],
  ]);
  await loadUntilEnd(on.line, 1);
  const pwm = on.board.lines
    .map((text) => text.split(' '))
    .filter(([word]) => word === 'pwm')
    .map(([, pin, parts, ns]) => ({ pin: Number(pin), parts: Number(parts), ns: Number(ns) }));
  const of = (pin: number): readonly (readonly [number, number])[] => {
    const own = pwm.filter((each) => each.pin === pin);
    return own.map((each, i) => [each.parts, Math.round((each.ns - (own[i - 1]?.ns ?? each.ns)) / tickNs)]);
  };
  expect(of(6)).toEqual([
    [128, 0],
    [0, 1000],
  ]);
  expect(of(3)).toEqual([
    [64, 0],
    [0, 700],
  ]);
  expect(pulses(on.board.edges, 6).map((ns) => Math.round(ns / tickNs))).toEqual([200]);
});

it('the HX711 is read right, sign and all, its clock never high for 50 µs though the line is busy', async () => {
  await using on = await powerUp();
  on.board.command('scale-at 10 11');
  await on.line.hello(7);
  await on.line.ask(request.scale, u8(10, 11, 80));
  await on.line.ask(request.watch, u8(1));
  for (const counts of [-8_388_608, -1, 0, 1_234_567, 8_388_607]) {
    on.board.command(`scale ${counts} 80`);
    const reads = ({ payload }: { readonly payload: Buffer }): boolean => payload.readInt32LE(4) === counts;
    for (let i = 0; i < 20; i += 1) await on.line.ask(request.status);
    await on.line.event(event.weight, reads);
  }
  const cycles = await measured(on.board, 'clock-high');
  console.log(`clock high for ${cycles} cycles at most`);
  expect(cycles).toBeGreaterThan(0);
  expect(cycles / 16).toBeLessThan(50);
  expect(on.board.lines.some((text) => text.startsWith('scale-off'))).toBe(false);
});

it('pulses of a flow meter are counted one by one', async () => {
  await using on = await powerUp();
  await on.line.hello(7);
  await on.line.ask(request.pump, pump(17, 4));
  await on.line.ask(request.meter, u8(17, 9, 0));
  for (let i = 0; i < 50; i += 1) {
    on.board.command('pin 9 1');
    await on.line.ask(request.status);
    on.board.command('pin 9 0');
    await on.line.ask(request.status);
  }
  expect((await on.line.ask(request.pulses, u8(16))).readUInt32LE(4)).toBe(50);
});

it('contacts are debounced, and a heeded one that opens ends the job', async () => {
  await using on = await powerUp();
  await on.line.hello(7);
  await on.line.ask(request.pump, pump(0, 4));
  await on.line.ask(request.input, u8(0, 7, 5));
  on.board.command('pin 7 0');
  await on.line.ask(request.enable);
  await on.line.event(event.inputs, ({ payload }) => payload[0] === 1);
  const steps = rows([0, 1000, 0, 62_500]);
  await on.line.ask(request.steps, u8(0), steps);
  await on.line.ask(request.arm, order({ job: 1, rows: steps, heed: 1, leaseMs: 5000 }));
  await on.board.until(isOn(4));
  on.board.command('pin 7 1');
  expect((await on.line.event(event.ended)).payload[4]).toBe(5);
});

it('the stack never reaches the variables, with sixty-four steps, all pumps and a busy line', async () => {
  await using on = await powerUp();
  on.board.command('exact');
  await configure(on.line);
  const steps: Row[] = Array.from({ length: 64 }, (_, i) => [i % 6, 1000, 400 * i, 400 * i + 390]);
  await arm(on.line, 1, steps);
  await loadUntilEnd(on.line, 1);
  await on.line.ask(request.last, u8(0));
  const bytes = await measured(on.board, 'stack');
  console.log(`${bytes} bytes of stack at most; ${await measured(on.board, 'behind')} µs behind real time`);
  expect(bytes).toBeLessThan(350);
});
