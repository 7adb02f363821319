import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { gcodeClass } from './gcode-class.ts';
import { longGcode } from './long-gcode.ts';
import type { Opened, ToOpen } from './open-it.ts';

const mebibyte = 1024 * 1024;
const program = new URL('open-it.ts', import.meta.url).pathname;

/** Pieces of a file of so many MiB. */
export function piecesOf(recordBytes: number, size: number): number {
  return Math.ceil((size * mebibyte) / gcodeClass(recordBytes).pieceBytes);
}

/** What a process of its own tells that opened a file of so many MiB, piece after piece and then here and there. */
export async function openedInAProcess(
  folder: string,
  recordBytes: number,
  size: number,
  openings: number,
): Promise<Opened> {
  const pieces = piecesOf(recordBytes, size);
  const { path, anchors, keys } = await longGcode(join(folder, `${size}.tdr`), gcodeClass(recordBytes), pieces);
  const base64 = (bytes: Uint8Array = new Uint8Array(0)): string => Buffer.from(bytes).toString('base64');
  const order: ToOpen = {
    path,
    author: base64(anchors.author?.[0]),
    mfr: base64(keys.mfr),
    lic: base64(keys.lic),
    recordBytes,
    openings,
  };
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(order));
  let told = '';
  for await (const chunk of child.stdout) told += String(chunk);
  return JSON.parse(told) as Opened;
}
