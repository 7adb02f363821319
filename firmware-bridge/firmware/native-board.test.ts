import { expect, inject, it } from 'vitest';
import { type Board, pulses } from '#tests/support/board.ts';
import { BridgeLine, order, Refused, request, rows, u16, u32, u8 } from '#tests/support/bridge-line.ts';
import { startNativeBoard } from '#tests/support/native-board.ts';

const ended = 0x80;

interface Bench extends AsyncDisposable {
  readonly board: Board;
  readonly line: BridgeLine;
}

/** A board in session 7: pumps 3 (pin 4) and 9 (pin 6, speed), supply at pin 2, glass at pin 7 (made at 0). */
async function bench(): Promise<Bench> {
  const board = await startNativeBoard(inject('runFolder'));
  const line = await BridgeLine.open(board.path);
  await line.hello(7);
  await line.ask(request.pump, u8(3, 4, 0, 0xff, 0), u32(5_000_000), u32(40_000), u32(10_000));
  await line.ask(request.pump, u8(9, 6, 2, 0xff, 0), u32(5_000_000), u32(40_000), u32(10_000));
  await line.ask(request.input, u8(0, 7, 5));
  await line.ask(request.supply, u8(2, 0));
  await line.ask(request.enable);
  return {
    board,
    line,
    [Symbol.asyncDispose]: async () => {
      await line[Symbol.asyncDispose]();
      await board[Symbol.asyncDispose]();
    },
  };
}

async function pour(line: BridgeLine, job: number, steps: Buffer): Promise<void> {
  await line.ask(request.steps, u8(0), steps);
  await line.ask(request.arm, order({ job, rows: steps }));
}

it('a job pours each step for its ticks, ends, and is told row by row afterwards', async () => {
  await using on = await bench();
  await pour(on.line, 1, rows([3, 1000, 0, 1234], [9, 500, 100, 700]));
  const end = await on.line.event(ended);
  expect([end.payload.readUInt32LE(0), end.payload[4]]).toEqual([1, 1]);
  expect(pulses(on.board.edges, 4)).toEqual([1234 * 16_000]);
  expect(pulses(on.board.edges, 6)).toEqual([600 * 16_000]);
  const last = await on.line.ask(request.last, u8(0));
  expect(last.subarray(10).toString('hex')).toBe(
    Buffer.concat([u8(3), u16(1000), u32(1234), u8(9), u16(500), u32(600)]).toString('hex'),
  );
});

it('a job that nobody renews is switched off when its lease is over', async () => {
  await using on = await bench();
  await pour(on.line, 1, rows([3, 1000, 0, 250_000]));
  const end = await on.line.event(ended);
  expect(end.payload[4]).toBe(3);
  const [onFor = 0] = pulses(on.board.edges, 4);
  expect(onFor).toBeGreaterThan(240e6);
  expect(onFor).toBeLessThan(255e6);
  await expect(on.line.ask(request.renew, u32(1), u16(250))).rejects.toEqual(new Refused(12, 0));
});

it('a reset in a dose lets go of every output and keeps the record of what ran until then', async () => {
  await using on = await bench();
  await pour(on.line, 5, rows([3, 1000, 0, 250_000]));
  await on.board.until((edges) => edges.some((each) => each.pin === 4 && each.level === '1'));
  on.board.command('reset');
  await on.line.event(0x83, (event) => event.payload[0] === 2);
  await on.board.until((edges) => edges.some((each) => each.pin === 4 && each.level === 'z'));
  await expect(on.line.ask(request.status)).rejects.toEqual(new Refused(1, 0));
  const hello = await on.line.hello(8);
  expect(hello.readUInt32LE(17)).toBe(5);
  const last = await on.line.ask(request.last, u8(0));
  expect([last.readUInt32LE(0), last[4], last[9]]).toEqual([5, 6, 1]);
  const missing = (pulses(on.board.edges, 4)[0] ?? 0) - last.readUInt32LE(13) * 16_000;
  expect(missing).toBeGreaterThanOrEqual(0);
  expect(missing).toBeLessThan(2e6);
});

it('a main loop that hangs ends in a reset within 120 ms and a little', async () => {
  await using on = await bench();
  await pour(on.line, 1, rows([3, 1000, 0, 250_000]));
  await on.board.until((edges) => edges.some((each) => each.pin === 4 && each.level === '1'));
  on.board.command('hang');
  await on.line.event(0x83, (event) => event.payload[0] === 4);
  expect(on.board.edges.some((each) => each.pin === 4 && each.level === 'z')).toBe(true);
});

it('an output that stays on ends the job and cuts the supply', async () => {
  await using on = await bench();
  await pour(on.line, 1, rows([3, 1000, 0, 2_000], [9, 1000, 0, 20_000]));
  await on.board.until((edges) => edges.some((each) => each.pin === 4 && each.level === '1'));
  on.board.command('stick 4 1');
  const end = await on.line.event(ended);
  expect(end.payload[4]).toBe(4);
  expect(on.board.edges.filter((each) => each.pin === 2).at(-1)?.level).toBe('0');
  const steps = rows([3, 1000, 0, 10]);
  await on.line.ask(request.steps, u8(0), steps);
  await expect(on.line.ask(request.arm, order({ job: 2, rows: steps }))).rejects.toEqual(new Refused(13, 3));
});

it('a heeded contact that opens ends the job', async () => {
  await using on = await bench();
  on.board.command('pin 7 0');
  await on.line.event(0x81);
  const steps = rows([3, 1000, 0, 250_000]);
  await on.line.ask(request.steps, u8(0), steps);
  await on.line.ask(request.arm, order({ job: 1, rows: steps, heed: 1, leaseMs: 5000 }));
  await on.board.until((edges) => edges.some((each) => each.pin === 4 && each.level === '1'));
  on.board.command('pin 7 1');
  const end = await on.line.event(ended);
  expect([end.payload[4], end.payload[5]]).toEqual([5, 0]);
});

it('with five of a thousand bytes disturbed each job is carried out once, with the right ticks', async () => {
  await using on = await bench();
  on.board.command('noise 7 5');
  for (let job = 1; job <= 20; job += 1) {
    const steps = rows([3, 1000, 0, 50 + job]);
    await on.line.ask(request.steps, u8(0), steps);
    await on.line.ask(request.arm, order({ job, rows: steps, leaseMs: 1000 }));
    for (;;) if ((await on.line.ask(request.status))[8] !== 0) break;
  }
  expect(pulses(on.board.edges, 4)).toEqual(Array.from({ length: 20 }, (_, i) => (51 + i) * 16_000));
});

it('a job of no steps lasts for its rest, as the wait for the last drops does, also when another was poured before', async () => {
  await using on = await bench();
  await pour(on.line, 1, rows([3, 1000, 0, 100]));
  await on.line.event(ended);
  on.line.events.length = 0;
  const none = Buffer.alloc(0);
  await on.line.ask(request.steps, u8(0), none);
  await on.line.ask(request.arm, order({ job: 2, rows: none, rest: 500 }));
  const end = await on.line.event(ended);
  expect([end.payload.readUInt32LE(0), end.payload[4]]).toEqual([2, 1]);
  const last = await on.line.ask(request.last, u8(0));
  expect([last.readUInt32LE(0), last.readUInt32LE(5), last[9]]).toEqual([2, 500, 0]);
});
