import { expect, it } from 'vitest';
import type { BridgeOptions } from '#firmware-bridge/bridge/bridge-options.ts';
import { milliseconds } from '#shared/units.ts';
import type { Board } from '#tests/support/board.ts';
import { benchLease, bridgeBench, stepsOf, until, untilOn } from '#tests/support/bridge-bench.ts';
import { benchLimits, benchOptions, pinOf } from '#tests/support/bridge-wiring.ts';

/** A contact at pin 9 behind the relay of the supply. */
function watched(port: string): BridgeOptions {
  const plain = benchOptions(port);
  return { ...plain, contacts: { ...plain.contacts, supply: { name: 'D9', active: 'high', pull: 'none' } } };
}

const levelOf = (board: Board, pin: number): string | undefined =>
  board.edges.findLast((edge) => edge.pin === pin)?.level;

it('a supply that goes in a job is switched off too, and comes back by another configuration only', async () => {
  await using bench = await bridgeBench({ wiring: watched });
  const { board, dispenser } = bench;
  board.command(`follow 9 ${pinOf.supply}`);
  await dispenser.configure(benchLimits);
  expect(dispenser.inputs().supply).toBe('made');
  const armed = await dispenser.arm(stepsOf([0, 0, 4_000]), milliseconds(2_000));
  await untilOn(board, pinOf[0]);
  board.command('stick 9 0');
  expect(await armed.ended).toEqual({ t: 'fault', code: 'dispenser/supply-lost' });
  await until(() => levelOf(board, pinOf.supply) === '0' && levelOf(board, pinOf[0]) === '0');
  board.command('stick 9 z');
  await expect(dispenser.arm(stepsOf([0, 0, 20]), benchLease)).rejects.toThrow('not configured');
  expect([dispenser.inputs().supply, dispenser.isStuck]).toEqual(['open', false]);
  expect(levelOf(board, pinOf.supply)).toBe('0');
  await dispenser.configure(benchLimits);
  expect(await (await dispenser.arm(stepsOf([0, 0, 20]), benchLease)).ended).toEqual({ t: 'done' });
});

it('a supply that goes between two jobs is not there for the next, though its contact is made again', async () => {
  await using bench = await bridgeBench({ wiring: watched });
  const { board, dispenser } = bench;
  board.command(`follow 9 ${pinOf.supply}`);
  await dispenser.configure(benchLimits);
  board.command('stick 9 0');
  await until(() => dispenser.inputs().supply === 'open');
  board.command('stick 9 1');
  await dispenser.readBack();
  expect([dispenser.inputs().supply, levelOf(board, pinOf.supply)]).toEqual(['open', '0']);
});

it('a supply that is there before it is switched on is a welded relay, and is not switched on', async () => {
  await using bench = await bridgeBench({ wiring: watched });
  const { board, dispenser } = bench;
  board.command('pin 9 1');
  await expect(dispenser.configure(benchLimits)).rejects.toThrow('dispenser/output-stuck (output=supply)');
  expect(board.edges.filter(({ pin, level }) => pin === pinOf.supply && level === '1')).toEqual([]);
  expect([dispenser.isStuck, dispenser.inputs().supply]).toEqual([true, 'open']);
});

it('a supply that falls slowly after a new session is waited for', async () => {
  await using bench = await bridgeBench({ wiring: watched });
  const { board, dispenser } = bench;
  board.command('pin 9 1');
  const configured = dispenser.configure(benchLimits);
  await board.until((edges) => edges.some(({ pin }) => pin === pinOf.supply));
  board.command('pin 9 z');
  board.command(`follow 9 ${pinOf.supply}`);
  await configured;
  expect(dispenser.inputs().supply).toBe('made');
});
