import { join } from 'node:path';
import { type Board, buildFirmware, startBoard } from '#tests/support/board.ts';

const program = join(import.meta.dirname, 'avr-board');

/**
 * The firmware's binary on an emulated ATmega328P, built into `folder`, in real time. An edge's `ns` counts cycles of 62.5 ns.
 * `hanging` takes the build whose main loop stops while pin 19 (A5) is high.
 */
export async function startAvrBoard(
  folder: string,
  firmware: 'decant-atmega328p' | 'hanging' = 'decant-atmega328p',
): Promise<Board> {
  await buildFirmware('all', folder, program);
  if (firmware === 'hanging') await buildFirmware('hanging', folder, program);
  return startBoard(join(folder, 'avr-board'), [join(folder, `${firmware}.elf`)]);
}

/** What the board measured of itself: `stack` bytes used at most, `clock-high` cycles, `behind` µs. */
export async function measured(board: Board, what: 'stack' | 'clock-high' | 'behind'): Promise<number> {
  const from = board.lines.length;
  const find = (): string | undefined => board.lines.slice(from).find((line) => line.startsWith(`measured ${what} `));
  board.command('measure');
  await board.until(() => find() !== undefined);
  return Number(find()?.split(' ')[2]);
}
