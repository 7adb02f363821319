import { describe, expect, it } from 'vitest';
import type { Inputs } from '#firmware-bridge/dispenser.ts';
import { DoseBuffer } from '#firmware-bridge/dose-buffer.ts';
import { milliseconds } from '#shared/units.ts';
import { benchLease, bridgeBench, readyBench, stepsOf, until, untilOn } from '#tests/support/bridge-bench.ts';
import { benchLimits, benchWithSensors, pinOf } from '#tests/support/bridge-wiring.ts';

describe('contacts at the board', () => {
  it('are unfitted where the machine has none, and told as they change', async () => {
    await using bench = await readyBench();
    const { board, dispenser } = bench;
    await until(() => dispenser.inputs().glass === 'made');
    expect(dispenser.inputs()).toEqual({
      glass: 'made',
      door: 'made',
      tray: 'unfitted',
      supply: 'unfitted',
      serviceKey: 'unfitted',
      empty: 0,
    });
    const seen: Inputs[] = [];
    using listening = dispenser.onInputs((inputs) => seen.push(inputs));
    board.command('pin 7 z');
    await until(() => seen.length > 0);
    expect(seen.map(({ glass }) => glass)).toEqual(['open']);
    listening[Symbol.dispose]();
    board.command('pin 7 0');
    await until(() => dispenser.inputs().glass === 'made');
    expect(seen).toHaveLength(1);
  });

  it('end a job when one opens, and are told before the job is over', async () => {
    await using bench = await readyBench();
    const { board, dispenser } = bench;
    const armed = await dispenser.arm(stepsOf([0, 0, 4_000]), milliseconds(2_000));
    await untilOn(board, pinOf[0]);
    board.command('pin 7 z');
    const end = await armed.ended;
    expect(dispenser.inputs().glass).toBe('open');
    expect(end).toEqual({ t: 'stopped' });
    expect(await dispenser.readBack()).toBe(0);
  });

  it('that a job does not heed do not end it', async () => {
    await using bench = await readyBench();
    const { board, dispenser } = bench;
    const armed = await dispenser.arm(stepsOf([0, 0, 200]), milliseconds(2_000), ['door']);
    board.command('pin 7 z');
    await until(() => dispenser.inputs().glass === 'open');
    expect(await armed.ended).toEqual({ t: 'done' });
  });

  it('that are open already let a job be over before it began', async () => {
    await using bench = await readyBench();
    const { board, dispenser } = bench;
    board.command('pin 7 z');
    await until(() => dispenser.inputs().glass === 'open');
    const armed = await dispenser.arm(stepsOf([0, 0, 50]), benchLease);
    expect(await armed.ended).toEqual({ t: 'stopped' });
    await armed.renew();
    expect(await dispenser.lastJob(new DoseBuffer())).toBe(null);
    board.command('pin 7 0');
    await until(() => dispenser.inputs().glass === 'made');
    expect(await (await dispenser.arm(stepsOf([0, 0, 20]), benchLease)).ended).toEqual({ t: 'done' });
  });

  it('of an empty bottle are a bit of its pump', async () => {
    await using bench = await readyBench({ wiring: benchWithSensors });
    bench.board.command('pin 9 0');
    await until(() => bench.dispenser.inputs().empty === 1);
  });
});

describe('outputs at the board', () => {
  it('of which one is active at rest keep the supply off', async () => {
    await using bench = await bridgeBench();
    bench.board.command(`stick ${pinOf[0]} 1`);
    await expect(bench.dispenser.configure(benchLimits)).rejects.toThrow('dispenser/output-stuck (pump=0)');
    expect(bench.dispenser.inputs().supply).toBe('open');
    await expect(bench.dispenser.arm(stepsOf([1, 0, 20]), benchLease)).rejects.toThrow('dispenser/failed');
    bench.board.command(`stick ${pinOf[0]} z`);
    await bench.dispenser.configure(benchLimits);
    expect(bench.dispenser.inputs().supply).toBe('unfitted');
  });

  it('of which one sticks in a job end it as stuck, and the supply is cut', async () => {
    await using bench = await readyBench();
    const { board, dispenser } = bench;
    const armed = await dispenser.arm(stepsOf([0, 0, 60], [1, 0, 400]), milliseconds(2_000));
    await untilOn(board, pinOf[0]);
    board.command(`stick ${pinOf[0]} 1`);
    expect(await armed.ended).toEqual({ t: 'fault', code: 'dispenser/output-stuck' });
    await board.until((edges) => edges.findLast(({ pin }) => pin === pinOf.supply)?.level === '0');
    expect(dispenser.inputs().supply).toBe('open');
    await expect(dispenser.arm(stepsOf([1, 0, 20]), benchLease)).rejects.toThrow('dispenser/failed');
  });

  it('cannot be on pins that the board has not, and the pin is told by its name', async () => {
    const wiring = (port: string) => {
      const plain = benchWithSensors(port);
      return { ...plain, supply: { name: 'D200', active: 'high', pull: 'none' } as const };
    };
    await using bench = await bridgeBench({ wiring });
    await expect(bench.dispenser.configure(benchLimits)).rejects.toThrow('dispenser/pin-refused (pin=D200)');
  });
});

it('a stop that overtakes the arming leaves a job that is over before it began', async () => {
  await using bench = await readyBench();
  const arming = bench.dispenser.arm(stepsOf([0, 0, 4_000]), milliseconds(1_000));
  await bench.dispenser.stop();
  const armed = await arming;
  expect(await armed.ended).toEqual({ t: 'stopped' });
  expect(await bench.dispenser.readBack()).toBe(0);
});
