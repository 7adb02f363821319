import { join } from 'node:path';
import { type Board, buildFirmware, startBoard } from './board.ts';

/**
 * The firmware's core as a program of this computer, on virtual pins in real time: built into `folder`, which tests take
 * from `inject('runFolder')`. Pins are numbered as an Arduino Uno's.
 */
export async function startNativeBoard(folder: string): Promise<Board> {
  await buildFirmware('native', folder);
  return startBoard(join(folder, 'native-board'));
}
